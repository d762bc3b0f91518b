#include "servers/snapshot.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

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
constexpr std::array<NamedCounter, 8> kCounters{{
    {"connections_accepted", &ThreadCounters::connections_accepted},
    {"connections_closed", &ThreadCounters::connections_closed},
    {"connections_refused", &ThreadCounters::connections_refused},
    {"accept_errors", &ThreadCounters::accept_errors},
    {"requests", &ThreadCounters::requests},
    {"bytes_received", &ThreadCounters::bytes_received},
    {"bytes_sent", &ThreadCounters::bytes_sent},
    {"protocol_errors", &ThreadCounters::protocol_errors},
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
  Json totals = Json::object();
  // Closed is read before accepted, so that a connection that comes and goes between the two reads
  // never makes more closed than accepted.
  std::array<std::uint64_t, kCounters.size()> sums{};
  for (const std::size_t first : {std::size_t{1}, std::size_t{0}}) {
    for (const ServerThread& thread : threads) {
      sums[first] += (thread.counters.*kCounters[first].counter).get();
    }
  }
  Json thread_list = Json::array();
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ServerThread& thread = threads[i];
    Json entry{{"thread", i}, {"tid", thread.id()}};
    for (std::size_t k = 0; k < kCounters.size(); ++k) {
      const std::uint64_t value = (thread.counters.*kCounters[k].counter).get();
      entry[kCounters[k].name] = value;
      sums[k] += k < 2 ? 0 : value;
    }
    if (thread.final_usage()) {
      add_usage(entry, *thread.final_usage());
    } else {
      add_thread_usage(entry, thread.id());
    }
    thread_list.push_back(std::move(entry));
  }
  for (std::size_t k = 0; k < kCounters.size(); ++k) {
    totals[kCounters[k].name] = sums[k];
  }
  totals["connections_open"] = sums[0] - sums[1];
  return {{"event", event},         {"sequence", sequence},        {"monotonic_ns", monotonic_ns()},
          {"threads", thread_list}, {"totals", std::move(totals)}, {"process", process_usage()}};
}

}  // namespace coresweep
