#include "harness/doctor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "harness/doctor_checks.hpp"
#include "harness/wording.hpp"
#include "support/cpu_set.hpp"

namespace coresweep {
namespace {

const char* state_name(FindingState state) {
  switch (state) {
    case FindingState::kOk:
      return "ok";
    case FindingState::kWarning:
      return "warning";
    case FindingState::kUnknown:
      break;
  }
  return "unknown";
}

void add_lines_of(FindingState state, const std::vector<Finding>& findings,
                  std::vector<std::string>& lines) {
  std::size_t width = 0;
  for (const Finding& finding : findings) {
    width = std::max(width, finding.name.size());
  }
  for (const Finding& finding : findings) {
    if (finding.state != state) {
      continue;
    }
    lines.push_back(
        fmt::format("{:<7}  {:<{}}  {}", state_name(state), finding.name, width, finding.reading));
    if (state != FindingState::kOk) {
      lines.push_back(fmt::format("{:<9}why:  {}", "", finding.why));
    }
    if (!finding.mend.empty()) {
      lines.push_back(fmt::format("{:<9}mend: {}", "", finding.mend));
    }
  }
}

}  // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view kHarmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-,:@";
  if (!text.empty() && text.find_first_not_of(kHarmless) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char letter : text) {
    word += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return word + "'";
}

Host read_host(std::chrono::milliseconds apart, const StopSignals& signals) {
  Host host;
  host.allowed = allowed_cpus();
  host.topology = read_cpu_topology();
  host.ticks_per_s = ::sysconf(_SC_CLK_TCK);
  host.io_uring_error = try_io_uring();
  if (apart.count() > 0) {
    host.before = read_host_sample(host.root, SampleSide::kBefore);
    pollfd stop{signals.descriptor(), POLLIN, 0};
    ::poll(&stop, 1, static_cast<int>(apart.count()));
    signals.check();
  }
  host.after = read_host_sample(host.root, SampleSide::kAfter);
  if (apart.count() == 0) {
    host.before = host.after;
  }
  return host;
}

std::vector<Finding> examine(const Host& host) {
  std::vector<Finding> findings;
  for (const auto check :
       {check_governor, check_boost, check_smt, check_numa, check_open_files, check_somaxconn,
        check_port_range, check_time_wait, check_swap, check_cpu_quota, check_cpuset,
        check_container, check_other_load, check_steal, check_clock_source, check_irqbalance,
        check_io_uring, check_locked_memory, check_environment, check_mitigations}) {
    Finding finding = check(host);
    // A process may be called anything.
    finding.reading = printable_line(finding.reading);
    finding.mend = printable_line(finding.mend);
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::size_t count_warnings(const std::vector<Finding>& findings) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.state == FindingState::kWarning;
      }));
}

Json findings_record(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"name", finding.name},
                    {"state", state_name(finding.state)},
                    {"reading", finding.reading},
                    {"why", finding.why},
                    {"mend", finding.mend.empty() ? Json() : Json(finding.mend)}});
  }
  return {{"schema_version", 1}, {"ready", count_warnings(findings) == 0}, {"findings", list}};
}

Json warnings_record(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    if (finding.state == FindingState::kWarning) {
      list.push_back({{"check", finding.name},
                      {"reading", finding.reading},
                      {"why", finding.why},
                      {"mend", finding.mend}});
    }
  }
  return list;
}

std::vector<std::string> finding_lines(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const FindingState state :
       {FindingState::kWarning, FindingState::kUnknown, FindingState::kOk}) {
    add_lines_of(state, findings, lines);
  }
  const std::size_t warnings = count_warnings(findings);
  lines.push_back(warnings == 0 ? std::string("ready") : counted(warnings, "warning"));
  return lines;
}

}  // namespace coresweep
