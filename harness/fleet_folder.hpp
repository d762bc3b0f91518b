// A fleet's run on disk while its blocks run apart: each in a folder, whole or not there.
#pragma once

#include <string>
#include <vector>

#include "harness/schedule.hpp"

namespace coresweep {

/// "twins-000" or "block-012": what a block is called as a job and on disk.
[[nodiscard]] std::string job_name(const OneBlock& block);

/// Throws WrongUsage.
[[nodiscard]] OneBlock block_of_job(const std::string& name);

/// The first `count` of them.
[[nodiscard]] std::vector<OneBlock> blocks_of(OneBlock::Of of, int count);

/// RUN/blocks/JOB/trials.jsonl has a block's trials. What is there is whole, and never changes.
/// Every function throws Failure, naming the path.
class FleetFolder {
 public:
  explicit FleetFolder(std::string run) : run_(std::move(run)) {}

  [[nodiscard]] bool has(const OneBlock& block) const;
  [[nodiscard]] std::vector<OneBlock> missing_of(const std::vector<OneBlock>& blocks) const;

  /// Makes the folders that blocks and their locks stand in. Throws WrongUsage where blocks were
  /// run, and are not there any more.
  void prepare() const;

  /// An empty folder for the block's trials; what was begun there before is thrown away.
  [[nodiscard]] std::string begin(const OneBlock& block) const;
  void complete(const OneBlock& block) const;

  /// Of a block that is being run, or of a pair that runs one.
  [[nodiscard]] std::string lock_file(const std::string& name) const;

  /// Makes RUN/trials.jsonl of those of `blocks` that are there, in this order, their trials
  /// numbered through. Throws WrongUsage where one is not what was written.
  void merge(const std::vector<OneBlock>& blocks) const;

  /// Once all are merged, and the run's answer is written.
  void forget_blocks() const;

 private:
  [[nodiscard]] std::string folder_of(const OneBlock& block) const;

  std::string run_;
};

}  // namespace coresweep
