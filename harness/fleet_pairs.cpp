#include "harness/fleet_pairs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

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

const LostPair* find_lost(const std::vector<LostPair>& lost, const std::string& name) {
  const auto found = std::ranges::find(lost, name, &LostPair::pair);
  return found == lost.end() ? nullptr : &*found;
}

}  // namespace

std::vector<LostPair> lost_pairs(const std::string& run) {
  std::vector<LostPair> lost;
  std::ifstream lines(file_of(run));
  for (std::string text; std::getline(lines, text);) {
    const auto line = parse_json_line(text);
    if (!line && lines.eof()) {
      break;
    }
    try {
      const Json& of = line.value_or(Json());
      const milliseconds at(of.at("at_unix_ms").get<std::int64_t>());
      lost.push_back({of.at("pair").get<std::string>(), of.at("block").get<std::string>(),
                      of.at("why").get<std::string>(), system_clock::time_point(at)});
    } catch (const Json::exception&) {
      throw WrongUsage(fmt::format("{}: line {}: is no pair that was lost: allowed is what "
                                   "coresweep wrote there",
                                   file_of(run), lost.size() + 1));
    }
  }
  return lost;
}

void note_lost(const std::string& run, const LostPair& lost) {
  const std::string path = file_of(run);
  const FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
  const Json line{{"at_unix_ms", unix_ms(lost.at)},
                  {"pair", lost.pair},
                  {"block", lost.job},
                  {"why", lost.why}};
  if (!file.is_open() || !write_json_line(file.get(), line)) {
    throw Failure(fmt::format("{}: {}", path, std::strerror(errno)));
  }
}

std::vector<LostPair> still_lost(const std::vector<LostPair>& lost, system_clock::time_point begun,
                                 system_clock::time_point now) {
  std::vector<LostPair> still;
  std::ranges::copy_if(lost, std::back_inserter(still), [&](const LostPair& one) {
    return one.at >= begun && now - one.at < kLeftAlone;
  });
  return still;
}

TakenPair take_pair(const std::string& run, const std::vector<std::string>& names,
                    system_clock::time_point begun, const StopSignals& signals) {
  const FleetFolder folder(run);
  const auto lost = [&] { return still_lost(lost_pairs(run), begun, system_clock::now()); };
  while (true) {
    std::vector<std::string> reasons;
    for (const std::string& name : names) {
      if (const auto now_lost = lost(); const LostPair* found = find_lost(now_lost, name)) {
        reasons.push_back(fmt::format("{}: {}", name, found->why));
      } else if (auto lock = FileLock::try_take(folder.lock_file(name))) {
        // Whoever had it until now may have lost it.
        if (const auto since = lost(); find_lost(since, name) == nullptr) {
          return {name, std::move(*lock)};
        }
      }
    }
    if (reasons.size() == names.size()) {
      throw Failure(fmt::format("no pair is left: {}", fmt::join(reasons, "; ")));
    }
    wait_for_news({}, signals, ChildProcess::Clock::now() + kLookAgain);
  }
}

}  // namespace coresweep
