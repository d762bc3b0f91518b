#include "servers/snapshot.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "servers/engine.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

struct NamedCounter {
  const char* name;
  Counter ThreadCounters::* counter;
};
constexpr std::array<NamedCounter, kCounterCount> kCounters{{
    {"connections_accepted", &ThreadCounters::connections_accepted},
    {"connections_begun", &ThreadCounters::connections_begun},
    {"connections_closed", &ThreadCounters::connections_closed},
    {"connections_refused", &ThreadCounters::connections_refused},
    {"accept_errors", &ThreadCounters::accept_errors},
    {"requests", &ThreadCounters::requests},
    {"reads", &ThreadCounters::reads},
    {"writes", &ThreadCounters::writes},
    {"loop_waits", &ThreadCounters::loop_waits},
    {"loop_polls", &ThreadCounters::loop_polls},
    {"loop_events", &ThreadCounters::loop_events},
    {"bytes_received", &ThreadCounters::bytes_received},
    {"bytes_sent", &ThreadCounters::bytes_sent},
    {"protocol_errors", &ThreadCounters::protocol_errors},
    {"streams_refused", &ThreadCounters::streams_refused},
    {"headers_too_large", &ThreadCounters::headers_too_large},
    {"messages_too_large", &ThreadCounters::messages_too_large},
    {"connections_flooding", &ThreadCounters::connections_flooding},
    {"connections_timed_out", &ThreadCounters::connections_timed_out},
    {"connections_not_http2", &ThreadCounters::connections_not_http2},
}};

std::uint64_t resident_kb() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

Json process_usage() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  Json json = Json::object();
  add_usage(json, usage);
  json["page_faults_minor"] = usage.ru_minflt;
  json["page_faults_major"] = usage.ru_majflt;
  json["resident_kb"] = resident_kb();
  return json;
}

void write_counts(Json& json, const Counts& counts) {
  for (std::size_t k = 0; k < kCounters.size(); ++k) {
    json[kCounters[k].name] = counts[k];
  }
  // Completions are taken from memory that the kernel shares: nobody counts them.
  if (engine_name() == std::string_view("io_uring")) {
    json["loop_events"] = nullptr;
  }
}

// While it serves, a connection may come on one thread and go on another between the two reads.
std::uint64_t open_of(std::uint64_t come, const Counts& counts) {
  static_assert(kCounters[2].counter == &ThreadCounters::connections_closed);
  return come - std::min(come, counts[2]);
}

Json totals_of(const Counts& counts) {
  Json totals = Json::object();
  write_counts(totals, counts);
  static_assert(kCounters[0].counter == &ThreadCounters::connections_accepted);
  totals["connections_open"] = open_of(counts[0], counts);
  return totals;
}

// Who accepted it may be another thread.
std::uint64_t open_on_thread(const Counts& counts) {
  static_assert(kCounters[1].counter == &ThreadCounters::connections_begun);
  return open_of(counts[1], counts);
}

Json line_of(std::string_view event, Json threads, Json totals) {
  return {{"event", event},
          {"monotonic_ns", monotonic_ns()},
          {"threads", std::move(threads)},
          {"totals", std::move(totals)},
          {"process", process_usage()}};
}

// Adds the numbers of `part` to those of `sum`; what is null in either stays or becomes null.
void add_numbers(Json& sum, const Json& part) {
  for (const auto& [key, value] : part.items()) {
    if (!sum.contains(key)) {
      sum[key] = value;
    } else if (value.is_number_float() && sum[key].is_number()) {
      sum[key] = sum[key].get<double>() + value.get<double>();
    } else if (value.is_number() && sum[key].is_number()) {
      sum[key] = sum[key].get<std::uint64_t>() + value.get<std::uint64_t>();
    } else {
      sum[key] = nullptr;
    }
  }
}

}  // namespace

void add_counts(Counts& counts, const ThreadCounters& counters) {
  for (std::size_t k = 0; k < kCounters.size(); ++k) {
    counts[k] += (counters.*kCounters[k].counter).get();
  }
}

Json snapshot(std::string_view event, std::span<const ServerThread> threads, Serving serving) {
  // Each counter is read once, so that the sums are those of the threads shown beside them.
  Counts sums{};
  Json list = Json::array();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ServerThread& thread = threads[i];
    Counts counts{};
    add_counts(counts, thread.counters);
    Json entry{{"thread", i}, {"tid", thread.id()}};
    write_counts(entry, counts);
    entry["connections_open"] =
        serving == Serving::by_one_thread ? Json(open_on_thread(counts)) : Json();
    for (std::size_t k = 0; k < kCounterCount; ++k) {
      sums[k] += counts[k];
    }
    if (thread.final_usage()) {
      add_usage(entry, *thread.final_usage());
    } else {
      add_thread_usage(entry, thread.id());
    }
    list.push_back(std::move(entry));
  }
  return line_of(event, std::move(list), totals_of(sums));
}

Json snapshot_of_all(std::string_view event, const Counts& counts) {
  Json entry{{"thread", 0}, {"tid", nullptr}};
  write_counts(entry, counts);
  entry["connections_open"] = open_on_thread(counts);
  for (const char* key :
       {"loop_waits", "loop_polls", "loop_events", "cpu_user_s", "cpu_system_s",
        "context_switches_voluntary", "context_switches_involuntary", "migrations",
        "run_delay_s"}) {
    entry[key] = nullptr;
  }
  return line_of(event, Json::array({entry}), totals_of(counts));
}

Json sum_of_snapshots(std::string_view event, const std::vector<Json>& parts) {
  Json threads = Json::array();
  Json totals = Json::object();
  Json process = process_usage();  // of whoever watches over them
  for (const Json& part : parts) {
    for (Json thread : part.at("threads")) {
      thread["thread"] = threads.size();
      threads.push_back(std::move(thread));
    }
    add_numbers(totals, part.at("totals"));
    add_numbers(process, part.at("process"));
  }
  Json line = line_of(event, std::move(threads), std::move(totals));
  line["process"] = std::move(process);
  return line;
}

}  // namespace coresweep
