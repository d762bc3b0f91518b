#include "harness/result_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/utc_time.hpp"

namespace coresweep {
namespace {

constexpr int kMostRunsASecond = 100;
constexpr std::size_t kLongestName = 64;
constexpr int kNewLines = O_WRONLY | O_CREAT | O_EXCL | O_APPEND;

[[noreturn]] void fail(const std::string& path, int error) {
  throw Failure(fmt::format("{}: {}", path, std::strerror(error)));
}

FileDescriptor open_or_fail(const std::string& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    fail(path, errno);
  }
  return file;
}

void sync_or_fail(const FileDescriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) {
    fail(path, errno);
  }
}

// A file's name is part of its folder, and is on disk when that is.
void sync_folder(const std::string& folder) {
  sync_or_fail(open_or_fail(folder, O_RDONLY | O_DIRECTORY), folder);
}

void make_folders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    throw Failure(fmt::format("{}: {}", path, error.message()));
  }
}

std::string create_folder(const std::string& results, const std::string& name) {
  make_folders(results);
  for (int number = 1; number <= kMostRunsASecond; ++number) {
    std::string folder = std::filesystem::path(results) / name;
    folder += number == 1 ? std::string() : fmt::format("-{}", number);
    if (::mkdir(folder.c_str(), 0755) == 0) {
      sync_folder(results);
      return folder;
    }
    if (errno != EEXIST) {
      fail(folder, errno);
    }
  }
  throw Failure(fmt::format("{}: {} runs of that name started in this second", results + "/" + name,
                            kMostRunsASecond));
}

}  // namespace

void require_writable(const std::string& results) {
  make_folders(results);
  // Tried and not asked: access() allows root what a full disk, or /proc, then refuses.
  std::string probe = results + "/.writable-XXXXXX";
  if (::mkdtemp(probe.data()) == nullptr) {
    fail(results, errno);
  }
  ::rmdir(probe.c_str());
}

std::string plan_name(const std::string& plan_file) {
  std::string name = std::filesystem::path(plan_file).stem();
  std::replace_if(
      name.begin(), name.end(),
      [](char byte) {
        return std::isalnum(static_cast<unsigned char>(byte)) == 0 && byte != '.' && byte != '_' &&
               byte != '-';
      },
      '_');
  return name.substr(0, kLongestName);
}

ResultStore::ResultStore(const std::string& results, const std::string& plan_file,
                         std::chrono::system_clock::time_point started)
    : folder_(create_folder(
          results, fmt::format("{}-{}", utc_time_for_file(started), plan_name(plan_file)))),
      trials_{open_or_fail(folder_ + "/trials.jsonl", kNewLines)} {
  sync_folder(folder_);
}

void ResultStore::write_run(const Json& run) {
  const std::string path = folder_ + "/run.json";
  const std::string unfinished = path + ".tmp";
  const FileDescriptor file = open_or_fail(unfinished, O_WRONLY | O_CREAT | O_EXCL);
  if (!write_json_line(file.get(), run)) {
    fail(path, errno);
  }
  sync_or_fail(file, path);
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    fail(path, errno);
  }
  sync_folder(folder_);
}

void ResultStore::append_trial(const Json& trial) {
  append(trials_, folder_ + "/trials.jsonl", trial);
}

void ResultStore::append_trace(const Json& trace) {
  const std::string path = folder_ + "/traces.jsonl";
  if (!traces_.file.is_open()) {
    traces_.file = open_or_fail(path, kNewLines);
    sync_folder(folder_);
  }
  append(traces_, path, trace);
}

void ResultStore::append(Lines& lines, const std::string& path, const Json& value) {
  // An open file takes what is written also when nobody can ever find it again.
  struct stat status{};
  if (::fstat(lines.file.get(), &status) != 0 || status.st_nlink == 0) {
    throw Failure(fmt::format("{}: was deleted while its sweep ran", path));
  }
  if (!write_json_line(lines.file.get(), value) || ::fsync(lines.file.get()) != 0) {
    const int error = errno;
    if (::ftruncate(lines.file.get(), lines.size) != 0) {
      throw Failure(fmt::format("{}: {}, and its last line is torn", path, std::strerror(error)));
    }
    fail(path, error);
  }
  lines.size = ::lseek(lines.file.get(), 0, SEEK_END);
}

}  // namespace coresweep
