#include "loadgen/load_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

namespace coresweep {
namespace {

// METHOD: above it a thread may have been what limited the run.
constexpr double kBusy = 0.9;
// Likewise, of its window.
constexpr double kDelayed = 0.02;
// Likewise: it was stopped, or had no CPU, at an edge. What was due meanwhile may be unsent.
constexpr double kOff = 0.02;
// Of the latency, that may be the client's own lateness: one part in so many.
constexpr double kLatePart = 10;
// Of those due, that have no answer: then it was another load than the one that was asked for.
constexpr double kMissed = 0.01;

std::string with_unit(const Json& nanoseconds) {
  return nanoseconds.is_null() ? "-" : nanoseconds_text(nanoseconds.get<double>());
}

std::string latency_line(std::string_view name, const Histogram& histogram,
                         std::uint64_t unanswered = 0) {
  const Json json = percentiles_json(histogram, unanswered);
  std::string line = fmt::format("  {:<14}", name);
  for (const char* key : {"p50", "p90", "p99", "p999", "max", "mean"}) {
    line += fmt::format("{:>10}", with_unit(json[key]));
  }
  return line + "\n";
}

std::string what_was_done(const Json& asked) {
  const auto number = [&](const char* key) { return asked[key].get<std::uint64_t>(); };
  const std::string mode = asked["mode"].get<std::string>();
  return fmt::format(
      "{}{}: {}, {} connection{} of {} stream{}, {} thread{}, {:g} s after {:g} s\n",
      asked["target"].get<std::string>(), asked["method"].get<std::string>(),
      asked["rate_per_s"].is_null()
          ? mode + " loop"
          : fmt::format(
                "{} {}/s{}", mode, number("rate_per_s"),
                asked["phase"].is_null() ? "" : ", phase " + asked["phase"].get<std::string>()),
      number("connections"), number("connections") == 1 ? "" : "s", number("streams"),
      number("streams") == 1 ? "" : "s", number("threads"), number("threads") == 1 ? "" : "s",
      asked["window_s"].get<double>(), asked["warmup_s"].get<double>());
}

std::string schedule_line(const LoadReport& report) {
  if (report.asked["rate_per_s"].is_null()) {
    return {};
  }
  const LoadFigures& figures = report.figures;
  const std::uint64_t due = figures.due_in_window();
  const std::uint64_t sent = figures.sent_in_window();
  return fmt::format(
      "  due {}, sent {} in the window; due and not sent: {} at its begin, {} at its end\n", due,
      sent, figures.overdue_at_begin, figures.overdue_at_begin + due - sent);
}

// Of an open loop. It is none of the failures, since nothing was sent that could have failed.
std::string unanswered_line(const LoadFigures& figures) {
  if (figures.unanswered == 0) {
    return {};
  }
  const std::uint64_t due = figures.due_in_window();
  const double missed = static_cast<double>(figures.unanswered) / static_cast<double>(due);
  return fmt::format(
      "  {}{} of {} due in the window had no answer, also later: they count as longer than any "
      "latency below\n",
      missed > kMissed ? "THE RATE WAS NOT REACHED: " : "", figures.unanswered, due);
}

std::string failures_line(const Tally& tally) {
  std::string line;
  for (std::size_t kind = 0; kind < kFailureKinds; ++kind) {
    if (tally.failed[kind] > 0) {
      line += fmt::format("{}{} {}", line.empty() ? "  failed: " : ", ", tally.failed[kind],
                          name_of(static_cast<Failure>(kind)));
    }
  }
  return line.empty() ? line : line + "\n";
}

// Neighbouring ones in one line: a long outage is one event.
std::string silent_seconds_line(const LoadReport& report) {
  std::string line;
  // In a closed loop each answer makes the next request due: nothing due is no excuse.
  const bool is_closed = report.asked["rate_per_s"].is_null();
  const auto& seconds = report.figures.seconds;
  for (std::size_t i = 0; static_cast<double>(i) < report.window_s; ++i) {
    const Second second = i < seconds.size() ? seconds[i] : Second{};
    if (second.ended.answered == 0 && (is_closed || second.due > 0)) {
      line += fmt::format("{}{}", line.empty() ? "  without any answer: second " : ", ", i);
    }
  }
  return line.empty() ? line : line + "\n";
}

// Why its own figures may be the client's and not the server's; empty when there is no reason.
std::string signs_of_a_short_client(const LoadReport& report) {
  const LoadFigures& figures = report.figures;
  std::vector<std::string> signs;
  double off_s = 0;
  double delay = 0;
  for (const ThreadFigures& thread : figures.threads) {
    delay = std::max(delay, thread.run_delay_s.value_or(0) / report.window_s);
    off_s = std::max(off_s, std::abs(thread.window_s - report.window_s));
  }
  if (off_s > kOff * report.window_s) {
    signs.push_back(fmt::format("a thread met the window's edges up to {} late",
                                nanoseconds_text(off_s * 1e9)));
  }
  if (figures.busy_share() > kBusy) {
    signs.push_back(fmt::format("a thread was busy above {:.0f} % of the time", kBusy * 100));
  }
  if (delay > kDelayed) {
    signs.push_back(
        fmt::format("a thread was ready and without a CPU for {:.0f} % of the time", delay * 100));
  }
  return fmt::format("{}", fmt::join(signs, "; "));
}

// By the highest percentile that can be told of all three.
std::string own_lateness_line(const LoadFigures& figures) {
  const Json from_due = percentiles_json(figures.latency_from_due, figures.unanswered);
  const Json sent_late = percentiles_json(figures.client_late);
  const Json read_late = percentiles_json(figures.client_read_late, figures.unanswered);
  for (const char* key : {"p99", "p90", "p50"}) {
    if (from_due[key].is_null() || sent_late[key].is_null() || read_late[key].is_null()) {
      continue;
    }
    const double sent = sent_late[key].get<double>();
    const double read = read_late[key].get<double>();
    return std::max(sent, read) <= from_due[key].get<double>() / kLatePart
               ? std::string()
               : fmt::format("  A PART OF THESE LATENCIES IS THE CLIENT'S: {0} of its late sending "
                             "is {1}, of its late reading up to {2}\n",
                             key, nanoseconds_text(sent), nanoseconds_text(read));
  }
  return {};
}

std::string client_lines(const LoadReport& report) {
  const LoadFigures& figures = report.figures;
  const double busy = figures.busy_share();
  double spun = 0;
  double worked_us = 0;
  for (const ThreadFigures& thread : figures.threads) {
    spun += thread.spun_s;
    worked_us += thread.busy_share() * thread.window_s * 1e6;
  }
  std::string line = "  own CPU: ";
  if (figures.window.answered > 0) {
    line += fmt::format("{:.3g} us a request, ",
                        worked_us / static_cast<double>(figures.window.answered));
  }
  line += fmt::format("busiest thread {:.0f} % busy", busy * 100);
  if (spun > 0) {
    line += fmt::format(" (not counting {:.3g} s of waiting for due times)", spun);
  }
  double work_ns = 0;
  for (const ThreadFigures& thread : figures.threads) {
    work_ns = std::max(work_ns, thread.client_work_measured_ns);
  }
  if (work_ns > 0) {
    line += fmt::format("; {} of each request are added work", nanoseconds_text(work_ns));
  }
  const std::string signs = signs_of_a_short_client(report);
  return line + (signs.empty()
                     ? "\n  no sign that the client was the limit (proof: the same with "
                       "--client-work 20% is no slower)\n"
                     : fmt::format("\n  THE CLIENT MAY HAVE BEEN THE LIMIT: {}. More --threads, "
                                   "or CPUs of its own?\n",
                                   signs));
}

}  // namespace

std::string nanoseconds_text(double nanoseconds) {
  constexpr std::array<std::string_view, 4> kUnits{"ns", "us", "ms", "s"};
  std::size_t unit = 0;
  while (nanoseconds >= 999.5 && unit + 1 < kUnits.size()) {
    nanoseconds /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", nanoseconds, kUnits[unit]);
}

std::string summary_of(const LoadReport& report) {
  const LoadFigures& figures = report.figures;
  std::string text = what_was_done(report.asked);
  text += fmt::format("  {:.0f} answered a second ({} in all), {} failed\n",
                      static_cast<double>(figures.window.answered) / report.window_s,
                      figures.window.answered, figures.window.failed_total());
  text += unanswered_line(figures);
  text += failures_line(figures.window);
  text += schedule_line(report);
  text += silent_seconds_line(report);
  text += fmt::format("  {:<14}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "latency", "p50", "p90",
                      "p99", "p99.9", "max", "mean");
  text += latency_line("from due", figures.latency_from_due, figures.unanswered);
  text += latency_line("from sent", figures.latency_from_sent, figures.unanswered);
  text += latency_line("client late", figures.client_late);
  text += latency_line("read late", figures.client_read_late, figures.unanswered);
  text += own_lateness_line(figures);
  if (figures.connections.drained > 0) {
    text += fmt::format("  {} connections were ended by the server's GOAWAY, and opened again\n",
                        figures.connections.drained);
  }
  if (figures.connect_to_first_reply.count() > 0) {
    text += latency_line("first reply", figures.connect_to_first_reply);
    text += fmt::format(
        "  {:.0f} connections a second (first reply: from connect(), less what it was idle); "
        "TIME_WAIT {} at the window's begin, {} at its end\n",
        static_cast<double>(figures.connect_to_first_reply.count()) / report.window_s,
        figures.time_wait_at_begin, figures.time_wait_at_end);
  }
  return text + client_lines(report);
}

std::string rate_table(std::span<const LoadReport> reports, std::optional<std::int64_t> not_begun) {
  std::string text =
      fmt::format("{:>12}{:>14}{:>12}{:>10}{:>10}{:>10}{:>13}{:>11}\n", "rate/s", "answered/s",
                  "of due", "p50", "p99", "p99.9", "client late", "read late");
  for (const LoadReport& report : reports) {
    const LoadFigures& figures = report.figures;
    const Json latency = percentiles_json(figures.latency_from_due, figures.unanswered);
    const Json read_late = percentiles_json(figures.client_read_late, figures.unanswered);
    const auto due = static_cast<double>(figures.due_in_window());
    const auto answered = static_cast<double>(figures.window.answered);
    const double missed = due > 0 ? static_cast<double>(figures.unanswered) / due : 0;
    text += fmt::format(
        "{:>12}{:>14.0f}{:>12}{:>10}{:>10}{:>10}{:>13}{:>11}{}{}{}{}\n",
        report.asked["rate_per_s"].dump(), answered / report.window_s,
        due > 0 ? fmt::format("{:.2f}%", 100 * (1 - missed)) : "-", with_unit(latency["p50"]),
        with_unit(latency["p99"]), with_unit(latency["p999"]),
        with_unit(percentiles_json(figures.client_late)["p99"]), with_unit(read_late["p99"]),
        what_failed(figures).empty() ? "" : "  failed",
        missed > kMissed ? "  NOT REACHED" : "",
        signs_of_a_short_client(report).empty() ? "" : "  THE CLIENT'S LIMIT?",
        own_lateness_line(figures).empty() ? "" : "  IN PART THE CLIENT'S");
  }
  if (not_begun) {
    text += fmt::format("{:>12}  could not begin, and none after it was tried\n", *not_begun);
  }
  return text +
         "answered/s: in the window; of due: of those due in it, how many had an answer, also "
         "later; latency: theirs, from due\n"
         "client late, read late: p99; -: fewer than ten are above, or it is one without an "
         "answer\n";
}

void print_summary(const LoadReport& report) { fmt::print(stderr, "{}", summary_of(report)); }

}  // namespace coresweep
