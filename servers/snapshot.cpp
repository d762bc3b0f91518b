#include "servers/snapshot.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <string>

#include "support/duration.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

struct NamedCounter {
  const char* name;
  Counter ThreadCounters::* counter;
};
constexpr std::array<NamedCounter, 14> kCounters{{
    {"connections_accepted", &ThreadCounters::connections_accepted},
    {"connections_closed", &ThreadCounters::connections_closed},
    {"connections_refused", &ThreadCounters::connections_refused},
    {"accept_errors", &ThreadCounters::accept_errors},
    {"requests", &ThreadCounters::requests},
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
  json["resident_kb"] = resident_kb();
  return json;
}

}  // namespace

Json snapshot(std::string_view event, std::uint64_t sequence,
              std::span<const ServerThread> threads) {
  // Each counter is read once, so that the sums are those of the threads shown beside them.
  std::array<std::uint64_t, kCounters.size()> sums{};
  Json thread_list = Json::array();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ServerThread& thread = threads[i];
    Json entry{{"thread", i}, {"tid", thread.id()}};
    for (std::size_t k = 0; k < kCounters.size(); ++k) {
      const std::uint64_t value = (thread.counters.*kCounters[k].counter).get();
      entry[kCounters[k].name] = value;
      sums[k] += value;
    }
    if (thread.final_usage()) {
      add_usage(entry, *thread.final_usage());
    } else {
      add_thread_usage(entry, thread.id());
    }
    thread_list.push_back(std::move(entry));
  }
  Json totals = Json::object();
  for (std::size_t k = 0; k < kCounters.size(); ++k) {
    totals[kCounters[k].name] = sums[k];
  }
  // While it serves, a connection may come on one thread and go on another between the two reads.
  const std::uint64_t accepted = sums[0];
  const std::uint64_t closed = sums[1];
  totals["connections_open"] = accepted - std::min(accepted, closed);
  return {{"event", event},         {"sequence", sequence},        {"monotonic_ns", monotonic_ns()},
          {"threads", thread_list}, {"totals", std::move(totals)}, {"process", process_usage()}};
}

}  // namespace coresweep
