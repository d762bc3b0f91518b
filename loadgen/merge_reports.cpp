#include "loadgen/merge_reports.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "loadgen/load_summary.hpp"
#include "support/command_line.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

// What adds up. All else that was asked has to be the same, but for the part of a schedule.
constexpr std::array<const char*, 3> kSums{"connections", "idle_connections", "threads"};

void require_same(const LoadReport& first, const LoadReport& other) {
  for (const auto& [key, value] : first.asked.items()) {
    const Json& others = other.asked[key];
    const bool may_differ = std::ranges::find(kSums, key) != kSums.end() || key == "phase" ||
                            key == "seed" ||
                            (key == "rate_per_s" && first.asked["phase"].is_null());
    if (others != value && (!may_differ || others.is_null() != value.is_null())) {
      throw ReportError(
          fmt::format("'{}' is {} in the first and {} here", key, value.dump(), others.dump()));
    }
  }
}

// Their load has to be on the server together: later than allowed, and one measured what the other
// had left.
void require_one_window(const LoadReport& a, const LoadReport& b, MaxStartGap told) {
  const double allowed_s = told ? to_seconds(*told) : std::max(0.01, a.window_s / 100);
  const double apart_s =
      static_cast<double>(b.window_begin_epoch_ns - a.window_begin_epoch_ns) / 1e9;
  if (std::abs(apart_s) > allowed_s) {
    throw ReportError(fmt::format(
        "its window began {:.6f} s {} an earlier report's: allowed is {:.6f} s (--start EPOCH_NS)",
        std::abs(apart_s), apart_s > 0 ? "after" : "before", allowed_s));
  }
}

// A thread tells its client: no two have used the same CPU time in the same time, all of it to the
// nanosecond. So a client is found again in what was merged already, too.
bool share_a_thread(const LoadReport& a, const LoadReport& b) {
  return std::ranges::any_of(a.figures.threads, [&](ThreadFigures thread) {
    return std::ranges::any_of(b.figures.threads, [&](const ThreadFigures& other) {
      thread.client = other.client;
      return thread == other;
    });
  });
}

// The same seed twice, and both clients sent at the same times; shares of a schedule it keeps
// apart. Constant gaps need no seed for it.
void require_own_schedule(const Json& a, const Json& b) {
  if (!a["phase"].is_null()) {
    if (a["phase"] == b["phase"]) {
      throw ReportError(fmt::format("phase {} is there twice", a["phase"].dump()));
    }
    if (a["seed"] != b["seed"]) {
      throw ReportError("the seeds of one schedule's phases differ");
    }
    return;
  }
  if (a["mode"] == "constant") {
    throw ReportError(
        "two constant schedules with one start are due at the same instants: --phase i/N gives "
        "each of N clients its turn in one --rate");
  }
  if (a["mode"] == "poisson" && a["seed"] == b["seed"]) {
    throw ReportError(fmt::format(
        "both drew their gaps by seed {}: --phase i/N or seeds of their own keep them apart",
        a["seed"].dump()));
  }
}

// Whether the last goes together with each before it.
void require_last_fits(std::span<const LoadReport> reports, MaxStartGap max_start_gap) {
  const LoadReport& last = reports.back();
  require_same(reports.front(), last);
  for (const LoadReport& earlier : reports.first(reports.size() - 1)) {
    require_one_window(earlier, last, max_start_gap);
    if (share_a_thread(earlier, last)) {
      throw ReportError("a client of it is there twice: its load threads are in an earlier report");
    }
    require_own_schedule(earlier.asked, last.asked);
  }
}

void require_whole_schedule(std::span<const LoadReport> reports) {
  const Json& phase = reports.front().asked["phase"];
  if (phase.is_null()) {
    return;
  }
  const auto share = parse_phase(phase.is_string() ? phase.get<std::string>() : "");
  if (!share) {
    throw ReportError(fmt::format("'phase' is {}", phase.dump()));
  }
  for (const LoadReport& report : reports) {
    const auto other = parse_phase(
        report.asked["phase"].is_string() ? report.asked["phase"].get<std::string>() : "");
    if (!other || other->count != share->count) {
      throw ReportError(fmt::format("phase {} is of another schedule than {}",
                                    report.asked["phase"].dump(), phase.dump()));
    }
  }
  if (reports.size() != share->count) {
    throw ReportError(
        fmt::format("{} of the schedule's {} phases are here", reports.size(), share->count));
  }
}

LoadReport read_file(const std::string& path) {
  std::ifstream file(path);
  std::optional<Json> found;
  for (std::string line; std::getline(file, line);) {
    if (auto json = parse_json_line(line);
        json && json->contains("event") && (*json)["event"] == "report") {
      if (found) {
        throw ReportError("it holds more than one report");
      }
      found = std::move(json);
    }
  }
  if (!file.is_open() || file.bad()) {
    throw ReportError(fmt::format("cannot be read: {}", std::system_category().message(errno)));
  }
  if (!found) {
    throw ReportError("it holds no line with a report");
  }
  return read_report(*found);
}

}  // namespace

LoadReport merge_reports(std::span<const LoadReport> reports, MaxStartGap max_start_gap) {
  for (std::size_t count = 1; count <= reports.size(); ++count) {
    require_last_fits(reports.first(count), max_start_gap);
  }
  require_whole_schedule(reports);
  LoadReport merged = reports.front();
  const bool one_schedule = !merged.asked["phase"].is_null();
  merged.asked["phase"] = nullptr;
  for (std::size_t i = 1; i < reports.size(); ++i) {
    LoadReport other = reports[i];
    for (const char* key : kSums) {
      merged.asked[key] =
          merged.asked[key].get<std::uint64_t>() + other.asked[key].get<std::uint64_t>();
    }
    if (!one_schedule && !merged.asked["rate_per_s"].is_null()) {
      merged.asked["rate_per_s"] = merged.asked["rate_per_s"].get<std::uint64_t>() +
                                   other.asked["rate_per_s"].get<std::uint64_t>();
    }
    if (other.asked["seed"] != merged.asked["seed"]) {
      merged.asked["seed"] = nullptr;
    }
    for (ThreadFigures& thread : other.figures.threads) {
      thread.client = i;
    }
    merged.figures.add(other.figures);
  }
  return merged;
}

int run_merge(int argc, const char* const* argv) {
  CLI::App app(
      "Adds the reports of clients that ran together into one, exactly.\nstdout: the report.",
      "loadgen merge");
  std::vector<std::string> paths;
  std::string gap_text;
  app.add_option("FILE", paths, "a client's stdout, or its report")->required();
  app.add_option("--max-start-gap", gap_text,
                 "windows that began farther apart are refused (10ms, or a hundredth of the window "
                 "if that is more, unless told)")
      ->check(duration_between("0s", "1m"));
  if (const auto exit_code = parse_command_line(app, argc, argv)) {
    return *exit_code;
  }
  const MaxStartGap max_start_gap = parse_duration(gap_text);
  std::vector<LoadReport> reports;
  for (const std::string& path : paths) {
    try {
      reports.push_back(read_file(path));
      require_last_fits(reports, max_start_gap);
    } catch (const std::runtime_error& error) {
      print_error("loadgen", fmt::format("{}: {}", path, error.what()));
      return kExitFailed;
    }
  }
  LoadReport merged;
  try {
    merged = merge_reports(reports, max_start_gap);
  } catch (const ReportError& error) {
    print_error("loadgen", error.what());
    return kExitFailed;
  }
  if (!write_json_line(STDOUT_FILENO, to_json(merged))) {
    print_error("loadgen", fmt::format("stdout: {}", std::system_category().message(errno)));
    return kExitFailed;
  }
  print_summary(merged);
  if (const std::string failed = what_failed(merged.figures); !failed.empty()) {
    print_error("loadgen", failed);
    return kExitFailed;
  }
  return kExitDone;
}

}  // namespace coresweep
