#include "harness/trial_readings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace coresweep {
namespace {

// Needed beside the figures that are kept as they are.
constexpr std::array<const char*, 5> kReportKeys{"cpu_user_s", "cpu_system_s", "load_threads",
                                                 "rate_per_s", "seconds"};
constexpr std::array<const char*, 7> kTotalsKeys{"connections_closed",
                                                 "connections_failed",
                                                 "segments_sent",
                                                 "segments_retransmitted",
                                                 "segments_retransmitted_needlessly",
                                                 "segments_sent_connecting",
                                                 "segments_retransmitted_connecting"};

// What names a thread, or is a level, and so has no difference.
bool is_counter(std::string_view key) {
  return key != "thread" && key != "tid" && key != "resident_kb" && key != "connections_open" &&
         key != "pid" && key != "threads";
}

Json difference(const Json& before, const Json& after) {
  if (before.is_null() || after.is_null()) {
    return nullptr;
  }
  // A sum over what lives falls when one of them ends between the readings (a process group's
  // threads, whose counts go with them): how much was counted meanwhile is then not known.
  if (before.is_number_integer() && after.is_number_integer()) {
    const auto counted = after.get<std::int64_t>() - before.get<std::int64_t>();
    return counted < 0 ? Json() : Json(counted);
  }
  const double counted = after.get<double>() - before.get<double>();
  return counted < 0 ? Json() : Json(counted);
}

std::optional<double> number_if_measured(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

// Of every number that both have; a level is the later one's.
Json differences(const Json& before, const Json& after) {
  Json result = Json::object();
  for (const auto& [key, value] : after.items()) {
    const bool is_number = value.is_number() || value.is_null();
    result[key] = is_counter(key) && is_number ? difference(before.at(key), value) : value;
  }
  return result;
}

Json thread_between(const Json& before, const Json& after, double window_s) {
  Json thread = differences(before, after);
  const Json user_s = thread.value("cpu_user_s", Json());
  const Json system_s = thread.value("cpu_system_s", Json());
  thread["busy_share"] = user_s.is_null() || system_s.is_null() || window_s <= 0
                             ? Json()
                             : Json((user_s.get<double>() + system_s.get<double>()) / window_s);
  return thread;
}

// The kernel counts them by thread only.
Json migrations_of(const Json& threads) {
  std::int64_t sum = 0;
  for (const Json& thread : threads) {
    const Json migrations = thread.value("migrations", Json());
    if (migrations.is_null()) {
      return nullptr;
    }
    sum += migrations.get<std::int64_t>();
  }
  return threads.empty() ? Json() : Json(sum);
}

// Each that lives at the end: what it used since the first reading, or since it began.
Json processes_between(const Json& before, const Json& after) {
  Json processes = Json::array();
  for (const Json& process : after) {
    const auto same = std::find_if(before.begin(), before.end(), [&process](const Json& earlier) {
      return earlier.at("pid") == process.at("pid");
    });
    processes.push_back(same == before.end() ? process : differences(*same, process));
    processes.back().erase("pid");  // tells nobody anything once it has ended
  }
  return processes;
}

}  // namespace

LoadReport parse_load_report(const Json& line) {
  for (const std::string& key : kReportedFigures) {
    static_cast<void>(line.at(key));
  }
  for (const char* key : kReportKeys) {
    static_cast<void>(line.at(key));
  }
  const Json& totals = line.at("totals");
  for (const char* key : kTotalsKeys) {
    static_cast<void>(totals.at(key));
  }
  const auto count = [&totals](const char* key) { return totals.at(key).get<std::uint64_t>(); };
  LoadReport report;
  report.throughput_per_s = number_if_measured(line.at("throughput_per_s"));
  for (const Json& thread : line.at("load_threads")) {
    report.busy_shares.push_back(number_if_measured(thread.at("busy_share")));
  }
  report.totals = {
      count("requests_sent"), count("requests_answered"), count("requests_failed"),
      count("requests_in_flight_at_end"), count("connections_opened"),
      // A trial has its connections to its end: also the politest farewell spoils it.
      count("connections_lost") + totals.value("connections_drained", std::uint64_t{0}),
      totals.at("failures"), count("requests_given_up"),
      totals.at("first_wrong_reply").is_null() ? std::string()
                                               : totals.at("first_wrong_reply").get<std::string>()};
  report.line = line;
  return report;
}

ServerTotals parse_server_totals(const Json& stopped_line) {
  const Json& totals = stopped_line.at("totals");
  return {totals.at("requests").get<std::uint64_t>(),
          totals.at("connections_accepted").get<std::uint64_t>()};
}

Json server_between(const Json& before, const Json& after) {
  const double window_s =
      difference(before.at("monotonic_ns"), after.at("monotonic_ns")).get<double>() / 1e9;
  Json threads;
  if (!after.at("threads").is_null()) {
    threads = Json::array();
    const Json& threads_before = before.at("threads");
    for (std::size_t i = 0; i < after.at("threads").size(); ++i) {
      threads.push_back(thread_between(threads_before.at(i), after.at("threads").at(i), window_s));
    }
  }
  Json process = differences(before.at("process"), after.at("process"));
  const Json user_s = process.at("cpu_user_s");
  const Json system_s = process.at("cpu_system_s");
  process.erase("cpu_user_s");
  process.erase("cpu_system_s");
  if (!process.contains("migrations")) {
    process["migrations"] = migrations_of(threads);
  }
  Json server{{"window_s", window_s},
              {"cpu_user_s", user_s},
              {"cpu_system_s", system_s},
              {"process", process},
              {"threads", threads}};
  if (after.contains("processes")) {
    server["processes"] =
        processes_between(before.value("processes", Json::array()), after.at("processes"));
  }
  return server;
}

}  // namespace coresweep
