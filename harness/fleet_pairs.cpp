#include "harness/fleet_pairs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/child_process.hpp"
#include "harness/failure.hpp"
#include "support/json_lines.hpp"

namespace coresweep {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

constexpr milliseconds kLookAgain{200};

std::string file_of(const std::string& run) { return run + "/lost.jsonl"; }

std::int64_t unix_ms(system_clock::time_point time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

bool has_pair(const std::vector<LostPair>& lost, const std::string& name) {
  return std::ranges::find(lost, name, &LostPair::pair) != lost.end();
}

// Its last line has no end.
bool is_torn(const std::string& path) {
  std::ifstream file(path, std::ios::ate);
  const auto size = static_cast<std::streamoff>(file.tellg());
  char last = '\n';
  if (size > 0) {
    file.seekg(size - 1);
    file.get(last);
  }
  return last != '\n';
}

}  // namespace

std::vector<LostPair> lost_pairs(const std::string& run) {
  std::vector<LostPair> lost;
  std::ifstream lines(file_of(run));
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    const auto line = parse_json_line(text);
    if (!line) {
      continue;  // a full disk, or whoever wrote it was killed
    }
    try {
      const Json& of = *line;
      const milliseconds at(of.at("at_unix_ms").get<std::int64_t>());
      lost.push_back({of.at("pair").get<std::string>(), of.at("block").get<std::string>(),
                      of.at("begun").get<bool>(), of.at("why").get<std::string>(),
                      system_clock::time_point(at)});
    } catch (const Json::exception&) {
      throw WrongUsage(fmt::format("{}: line {}: is no pair that was lost: allowed is what "
                                   "coresweep wrote there",
                                   file_of(run), number));
    }
  }
  return lost;
}

void note_lost(const std::string& run, const LostPair& lost) {
  const std::string path = file_of(run);
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
  // After one that was torn.
  if (file.is_open() && is_torn(path) && ::write(file.get(), "\n", 1) != 1) {
    throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
  const Json line{{"at_unix_ms", unix_ms(lost.at)},
                  {"pair", lost.pair},
                  {"block", lost.job},
                  {"begun", lost.is_begun},
                  {"why", lost.why}};
  if (!file.is_open() || !write_json_line(file.get(), line) || ::fsync(file.get()) != 0) {
    throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
}

std::vector<LostPair> still_lost(const std::vector<LostPair>& lost, system_clock::time_point begun,
                                 system_clock::time_point now) {
  std::vector<LostPair> still;
  std::ranges::copy_if(lost, std::back_inserter(still), [&](const LostPair& one) {
    // One of a later time was noted before the clock was set back.
    return one.at >= begun && one.at <= now && now - one.at < kLeftAlone;
  });
  return still;
}

TakenPair take_pair(const std::string& run, const std::vector<std::string>& names,
                    system_clock::time_point begun, const StopSignals& signals) {
  const FleetFolder folder(run);
  const auto lost = [&] { return still_lost(lost_pairs(run), begun, system_clock::now()); };
  bool is_told = false;
  while (true) {
    if (!is_told && std::ranges::all_of(names, [lost = lost()](const std::string& name) {
          return has_pair(lost, name);
        })) {
      fmt::print(stderr, "all pairs are left alone for {} s\n", kLeftAlone.count());
      is_told = true;
    }
    for (const std::string& name : names) {
      if (has_pair(lost(), name)) {
        continue;
      }
      auto lock = FileLock::try_take(folder.lock_of_pair(name));
      if (lock && !has_pair(lost(), name)) {  // whoever had it until now may have lost it
        return {name, std::move(*lock)};
      }
    }
    wait_for_news({}, signals, ChildProcess::Clock::now() + kLookAgain);
  }
}

}  // namespace coresweep
