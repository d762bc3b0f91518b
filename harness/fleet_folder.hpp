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
  /// How many of a kind are there.
  [[nodiscard]] int count_of(OneBlock::Of of) const;
  [[nodiscard]] std::vector<OneBlock> missing_of(const std::vector<OneBlock>& blocks) const;

  /// Makes the folders that blocks and their locks stand in. Throws WrongUsage where blocks were
  /// run, and are not there any more.
  void prepare() const;

  /// An empty folder for the block's trials. Trials of one that was begun before and came to no end
  /// are kept in RUN/begun: to throw away what looked odd would select the answer.
  [[nodiscard]] std::string begin(const OneBlock& block) const;
  /// It has a trial, and is not whole.
  [[nodiscard]] bool is_begun(const OneBlock& block) const;
  /// How often it was begun before begin().
  [[nodiscard]] int times_begun(const OneBlock& block) const;
  void complete(const OneBlock& block) const;

  [[nodiscard]] std::string lock_of(const OneBlock& block) const;
  [[nodiscard]] std::string lock_of_pair(const std::string& pair) const;

  /// Makes RUN/trials.jsonl of those of `blocks` that are there, in this order, their trials
  /// numbered through. Throws WrongUsage that names the block where one is not what was written.
  void merge(const std::vector<OneBlock>& blocks) const;

  /// The same of the twins' alone, which the plan's blocks replay: trials.jsonl in this folder.
  [[nodiscard]] std::string twins_folder() const { return run_ + "/blocks/twins"; }
  void merge_twins(const std::vector<OneBlock>& twins) const;

  /// Once all are merged, and the run's answer is written.
  void forget_blocks() const;

 private:
  [[nodiscard]] std::string folder_of(const OneBlock& block) const;
  [[nodiscard]] std::string begun_folder(const OneBlock& block, int time) const;
  void merge_into(const std::string& folder, const std::vector<OneBlock>& blocks) const;

  std::string run_;
};

}  // namespace coresweep
