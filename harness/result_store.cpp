#include "harness/result_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
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
constexpr std::size_t kLongestPlanName = 64;
constexpr int kNewLines = O_WRONLY | O_CREAT | O_EXCL | O_APPEND;
constexpr int kOldLines = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;

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

// Where the last newline of a file of so many bytes ends; 0 where it has none.
off_t end_of_last_line(int file, off_t size, const std::string& path) {
  std::array<char, 65'536> part{};
  for (off_t end = size; end > 0;) {
    const auto length = static_cast<std::size_t>(
        std::min<off_t>(end, static_cast<off_t>(part.size())));
    const off_t begin = end - static_cast<off_t>(length);
    const ssize_t got = ::pread(file, part.data(), length, begin);
    if (got != static_cast<ssize_t>(length)) {
      fail(path, got < 0 ? errno : EIO);
    }
    const std::string_view text(part.data(), length);
    if (const auto at = text.rfind('\n'); at != std::string_view::npos) {
      return begin + static_cast<off_t>(at) + 1;
    }
    end = begin;
  }
  return 0;
}

bool is_json_from(int file, off_t begin, off_t end) {
  constexpr off_t kLongest = off_t{16} << 20;
  if (end - begin > kLongest) {
    return false;
  }
  std::string text(static_cast<std::size_t>(end - begin), '\0');
  return ::pread(file, text.data(), text.size(), begin) == static_cast<ssize_t>(text.size()) &&
         text.find('\0') == std::string::npos && parse_json_line(text).has_value();
}

}  // namespace

void require_writable(const std::string& results) {
  if (results.empty()) {
    throw WrongUsage("--results is empty: allowed is the path of a folder");
  }
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
  return name.substr(0, kLongestPlanName);
}

ResultStore::ResultStore(const std::string& folder) : folder_(folder) {
  const std::string path = folder + "/trials.jsonl";
  trials_.file = open_or_fail(path, kOldLines);
  if (::flock(trials_.file.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Failure(fmt::format("{}: another coresweep is at work on it", path));
  }
  take_up(trials_, path);
  const std::string traces_path = folder + "/traces.jsonl";
  if (::access(traces_path.c_str(), F_OK) == 0) {
    traces_.file = open_or_fail(traces_path, kOldLines);
    take_up(traces_, traces_path);
  }
}

// A line is there when its newline is: it is written with it, and on disk before the next begins.
void ResultStore::take_up(Lines& lines, const std::string& path) {
  const int file = lines.file.get();
  struct stat status{};
  if (::fstat(file, &status) != 0) {
    fail(path, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    throw Failure(fmt::format("{}: is no regular file", path));
  }
  lines.size = status.st_size;
  const off_t whole = end_of_last_line(file, status.st_size, path);
  if (whole < lines.size && is_json_from(file, whole, lines.size)) {
    // Whole but for its newline, as every reader takes it.
    if (::write(file, "\n", 1) != 1 || ::fsync(file) != 0) {
      fail(path, errno);
    }
    ++lines.size;
  } else if (whole < lines.size) {
    if (::ftruncate(file, whole) != 0 || ::fsync(file) != 0) {
      fail(path, errno);
    }
    dropped_.push_back(path);
    lines.size = whole;
  }
}

ResultStore::ResultStore(const std::string& results, const std::string& plan_file,
                         std::chrono::system_clock::time_point started)
    : folder_(create_folder(
          results, fmt::format("{}-{}", utc_time_for_file(started), plan_name(plan_file)))),
      trials_{open_or_fail(folder_ + "/trials.jsonl", kNewLines)} {
  // Of a file that was just made this cannot fail but on a filesystem without locks.
  static_cast<void>(::flock(trials_.file.get(), LOCK_EX | LOCK_NB));
  sync_folder(folder_);
}

void ResultStore::write_run(const Json& run) { write_whole(folder_ + "/run.json", run); }

void ResultStore::write_end(const Json& end) { write_whole(folder_ + "/end.json", end); }

bool ResultStore::has_end() const { return ::access((folder_ + "/end.json").c_str(), F_OK) == 0; }

void ResultStore::write_whole(const std::string& path, const Json& value) const {
  const std::string unfinished = path + ".tmp";
  // One that was not finished before may still be there.
  const FileDescriptor file = open_or_fail(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  if (!write_json_line(file.get(), value)) {
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
