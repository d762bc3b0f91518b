#include "harness/fleet_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"
#include "support/file_descriptor.hpp"
#include "support/json_lines.hpp"

namespace coresweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrials = "/trials.jsonl";

[[noreturn]] void fail(const std::string& path, int error) {
  throw Failure(fmt::format("{}: {}", path, std::strerror(error)));
}

void require(const std::error_code& error, const std::string& path) {
  if (error) {
    throw Failure(fmt::format("{}: {}", path, error.message()));
  }
}

// What was written there, or renamed, is there after a power cut.
void sync(const std::string& path, int flags) {
  const FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.is_open() || ::fsync(file.get()) != 0) {
    fail(path, errno);
  }
}

void rename_to(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    fail(to, errno);
  }
  sync(fs::path(to).parent_path(), O_RDONLY | O_DIRECTORY);
}

// As far as whoever reads the whole does not see which block it was.
void require_trial_of(const OneBlock& block, const Json& trial, const std::string& where) {
  const Json pair = trial.value("pair", Json());
  if (trial.value("block", Json()) != block.block || !pair.is_string() || pair == "") {
    throw WrongUsage(fmt::format("{}: is no trial of that block on a pair: without its folder it "
                                 "runs again",
                                 where));
  }
}

// Adds the lines of the block's file `path` to `file`, numbered from `trial`.
void append_block(const OneBlock& block, const std::string& path, const FileDescriptor& file,
                  const std::string& to, int& trial) {
  std::ifstream lines(path);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string where = fmt::format("{}: line {}", path, ++number);
    auto json = parse_json_line(line);
    if (!json) {
      throw WrongUsage(where + ": is no JSON object: without its folder the block runs again");
    }
    require_trial_of(block, *json, where);
    (*json)["trial"] = trial++;
    if (!write_json_line(file.get(), *json)) {
      fail(to, errno);
    }
  }
  if (number == 0) {
    throw WrongUsage(path + ": has no trial: without its folder the block runs again");
  }
}

}  // namespace

std::string job_name(const OneBlock& block) {
  return fmt::format("{}-{:03}", block.of == OneBlock::Of::kTwins ? "twins" : "block",
                     block.block);
}

OneBlock block_of_job(const std::string& name) {
  for (const OneBlock::Of of : {OneBlock::Of::kTwins, OneBlock::Of::kPlan}) {
    OneBlock block{of, 0};
    const char* end = name.data() + name.size();
    const char* digits = name.data() + std::min(name.size(), name.find('-') + 1);
    if (std::from_chars(digits, end, block.block).ec == std::errc() && block.block >= 0 &&
        job_name(block) == name) {
      return block;
    }
  }
  throw WrongUsage(fmt::format("'{}' is no block: allowed are names such as block-000", name));
}

std::vector<OneBlock> blocks_of(OneBlock::Of of, int count) {
  std::vector<OneBlock> blocks;
  for (int block = 0; block < count; ++block) {
    blocks.push_back({of, block});
  }
  return blocks;
}

std::string FleetFolder::folder_of(const OneBlock& block) const {
  return fmt::format("{}/blocks/{}", run_, job_name(block));
}

std::string FleetFolder::begun_folder(const OneBlock& block, int time) const {
  return fmt::format("{}/begun/{}-{}", run_, job_name(block), time);
}

std::string FleetFolder::lock_of(const OneBlock& block) const {
  return fmt::format("{}/locks/{}", run_, job_name(block));
}

std::string FleetFolder::lock_of_pair(const std::string& pair) const {
  return fmt::format("{}/locks/pair-{}", run_, pair);
}

bool FleetFolder::has(const OneBlock& block) const {
  std::error_code none;
  return fs::exists(folder_of(block), none);
}

int FleetFolder::count_of(OneBlock::Of of) const {
  const std::string kind = job_name({of, 0}).substr(0, 6);  // "twins-" or "block-"
  int count = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(run_ + "/blocks", none)) {
    const std::string name = entry.path().filename();
    count += name.starts_with(kind) && !name.ends_with(".part") ? 1 : 0;
  }
  return count;
}

std::vector<OneBlock> FleetFolder::missing_of(const std::vector<OneBlock>& blocks) const {
  std::vector<OneBlock> missing;
  for (const OneBlock& block : blocks) {
    if (!has(block)) {
      missing.push_back(block);
    }
  }
  return missing;
}

void FleetFolder::prepare() const {
  std::error_code none;
  if (!fs::exists(run_ + "/blocks", none) && fs::file_size(run_ + kTrials, none) > 0) {
    throw WrongUsage(fmt::format("{}/blocks: is not there any more, and {}{} alone cannot go on",
                                 run_, run_, kTrials));
  }
  for (const char* name : {"/blocks/twins", "/begun", "/locks"}) {
    std::error_code error;
    fs::create_directories(run_ + name, error);
    require(error, run_ + name);
  }
  sync(run_, O_RDONLY | O_DIRECTORY);
}

bool FleetFolder::is_begun(const OneBlock& block) const {
  std::error_code none;
  const auto size = fs::file_size(folder_of(block) + ".part" + kTrials, none);
  return !none && size > 0;
}

int FleetFolder::times_begun(const OneBlock& block) const {
  int times = 0;
  std::error_code none;
  while (fs::exists(begun_folder(block, times + 1), none)) {
    ++times;
  }
  return times;
}

std::string FleetFolder::begin(const OneBlock& block) const {
  const std::string part = folder_of(block) + ".part";
  if (is_begun(block)) {
    rename_to(part, begun_folder(block, times_begun(block) + 1));
  }
  std::error_code error;
  fs::remove_all(part, error);
  require(error, part);
  fs::create_directory(part, error);
  require(error, part);
  sync(part + kTrials, O_WRONLY | O_CREAT | O_EXCL);
  return part;
}

void FleetFolder::complete(const OneBlock& block) const {
  const std::string part = folder_of(block) + ".part";
  sync(part, O_RDONLY | O_DIRECTORY);
  rename_to(part, folder_of(block));
}

void FleetFolder::merge(const std::vector<OneBlock>& blocks) const { merge_into(run_, blocks); }

void FleetFolder::merge_twins(const std::vector<OneBlock>& twins) const {
  merge_into(twins_folder(), twins);
}

void FleetFolder::merge_into(const std::string& folder,
                             const std::vector<OneBlock>& blocks) const {
  const std::string path = folder + kTrials;
  const std::string unfinished = path + ".tmp";
  const FileDescriptor file(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    fail(unfinished, errno);
  }
  try {
    int trial = 0;
    for (const OneBlock& block : blocks) {
      if (has(block)) {
        append_block(block, folder_of(block) + kTrials, file, path, trial);
      }
    }
    if (::fsync(file.get()) != 0) {
      fail(path, errno);
    }
  } catch (...) {
    ::unlink(unfinished.c_str());  // of a full disk
    throw;
  }
  rename_to(unfinished, path);
}

void FleetFolder::forget_blocks() const {
  std::error_code none;
  fs::remove(run_ + "/begun", none);  // what is in it is kept
  for (const char* name : {"/blocks", "/locks"}) {
    std::error_code error;
    fs::remove_all(run_ + name, error);
    require(error, run_ + name);
  }
}

}  // namespace coresweep
