#include "harness/pair_hosts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ctime>

#include "harness/cpu_division.hpp"
#include "harness/failure.hpp"
#include "harness/hello_check.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = PairHosts::Clock;

constexpr std::chrono::seconds kHello{30};
constexpr std::chrono::milliseconds kReconnectPause{200};  // between two tries to connect
constexpr std::chrono::seconds kClocks{10};
constexpr int kFirstClockQuestions = 64;
constexpr std::int64_t kKnownWellNs = 100'000;

std::int64_t realtime_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

HostClock clock_known_of(const PairHost& host) {
  HostClock clock{host.name(), host.clock};
  const Json& chrony = host.hello.at("chrony");
  if (chrony.contains("bound_ns")) {
    clock.chrony = {chrony.at("offset_ns").get<std::int64_t>(),
                    chrony.at("bound_ns").get<std::int64_t>()};
  } else {
    clock.why_no_chrony = chrony.value("why", std::string());
  }
  return clock;
}

// One complaint is the whole outcome; of several each gets its line.
[[noreturn]] void give_up(const std::vector<std::string>& complaints, const std::string& pair) {
  if (complaints.size() > 1) {
    for (const std::string& complaint : complaints) {
      print_error("coresweep", complaint);
    }
    throw Failure(fmt::format("{}: its hosts cannot be used as they are", pair));
  }
  throw Failure(complaints.front());
}

}  // namespace

PairHosts::PairHosts(Inventory inventory, const std::optional<std::string>& pair,
                     const Programs& programs, const StopSignals& signals)
    : inventory_(std::move(inventory)), signals_(signals) {
  const PairOfHosts& chosen = pair_of(inventory_, pair);
  pair_ = chosen.name;
  require_same_architecture(inventory_, chosen, programs);
  checksums_ = checksums_of(programs, signals);
  hosts_.push_back({chosen.server, "server"});
  for (const InventoryHost& client : chosen.clients) {
    hosts_.push_back({client, "client"});
  }
  std::vector<std::string> complaints = connect(lost_hosts(), Clock::now() + kHello);
  if (complaints.empty()) {
    complaints = measure_clocks(kFirstClockQuestions);
  }
  if (!complaints.empty()) {
    give_up(complaints, pair_);
  }
}

std::vector<PairHost*> PairHosts::lost_hosts() {
  std::vector<PairHost*> lost;
  for (PairHost& host : hosts_) {
    if (!host.link || !host.link->why_lost().empty()) {
      lost.push_back(&host);
    }
  }
  return lost;
}

std::vector<std::string> PairHosts::why_lost() {
  std::vector<std::string> reasons;
  for (const PairHost* host : lost_hosts()) {
    reasons.push_back(host->link ? host->link->why_lost() : host->why_lost);
  }
  return reasons;
}

void PairHosts::wait(Clock::time_point deadline) {
  std::vector<HostLink*> links;
  for (PairHost& host : hosts_) {
    if (host.link) {
      links.push_back(host.link.get());
    }
  }
  wait_for_links(links, signals_, deadline);
}

std::vector<std::string> PairHosts::take_hello(PairHost& host, const Json& line) const {
  std::vector<std::string> complaints = hello_complaints(host.listed, line, checksums_);
  if (complaints.empty()) {
    host.hello = line;
    const CpuTopology topology = topology_of(line);
    const int parts = static_cast<int>(server_set_sizes(topology).size()) + 1;
    host.cpus = divide_cpus(topology, parts).server;
  }
  return complaints;
}

std::vector<std::string> PairHosts::connect(const std::vector<PairHost*>& hosts,
                                            Clock::time_point deadline) {
  for (PairHost* host : hosts) {
    host->link = std::make_unique<HostLink>(
        host->name(), agent_command(host->listed, inventory_.ssh_config),
        host->listed.is_here ? std::string() : inventory_.ssh_config.string());
  }
  std::vector<std::string> complaints;
  std::vector<PairHost*> awaited = hosts;
  while (!awaited.empty()) {
    std::erase_if(awaited, [&](PairHost* host) {
      std::vector<std::string> own;
      bool is_over = true;
      if (const auto line = host->link->take()) {
        own = take_hello(*host, *line);
      } else if (!host->link->why_lost().empty()) {
        own = {host->link->why_lost()};
      } else if (Clock::now() >= deadline) {
        own = {fmt::format("{}: its agent says no hello in time", host->name())};
      } else {
        is_over = false;
      }
      if (!own.empty()) {
        lose(*host, fmt::format("{}", fmt::join(own, "; ")));
      }
      complaints.insert(complaints.end(), own.begin(), own.end());
      return is_over;
    });
    if (!awaited.empty()) {
      wait(deadline);
    }
  }
  return complaints;
}

std::string PairHosts::reconnect(std::chrono::seconds within) {
  const auto deadline = Clock::now() + within;
  while (true) {
    const std::vector<PairHost*> lost = lost_hosts();
    if (lost.empty()) {
      return {};
    }
    const std::vector<std::string> complaints = connect(lost, deadline);
    if (!complaints.empty() && Clock::now() + kReconnectPause >= deadline) {
      return fmt::format("{}", fmt::join(complaints, "; "));
    }
    if (!complaints.empty()) {
      const auto until = Clock::now() + kReconnectPause;
      while (Clock::now() < until) {
        wait(until);
      }
    }
  }
}

void PairHosts::ask_clocks(int most, std::vector<std::string>& complaints) {
  struct Asked {
    PairHost* host;
    std::vector<ClockSample> samples;
  };
  std::vector<Asked> asked;
  const auto ask = [](Asked& one) {
    one.samples.push_back({realtime_ns(), 0, 0});
    one.host->link->say({{"do", "clock"}});
  };
  for (PairHost& host : hosts_) {
    asked.push_back({&host, {}});
    ask(asked.back());
  }
  const auto deadline = Clock::now() + kClocks;
  // True when it needs no other question.
  const auto hear = [&](Asked& one) {
    HostLink& link = *one.host->link;
    std::string why = link.why_lost();
    if (const auto line = link.take()) {
      if (line->at("event") == "clock") {
        one.samples.back().received_ns = realtime_ns();
        one.samples.back().remote_ns = line->at("realtime_ns").get<std::int64_t>();
        one.host->clock = clock_offset(one.samples);
        const bool is_enough = one.host->clock.bound_ns < kKnownWellNs ||
                               one.samples.size() >= static_cast<std::size_t>(most);
        if (!is_enough) {
          ask(one);
        }
        return is_enough;
      }
      why = fmt::format("{}: said {} where its clock was asked for", link.name(),
                        line->at("event").dump());
    } else if (why.empty() && Clock::now() >= deadline) {
      why = fmt::format("{}: does not tell its clock", link.name());
    }
    if (!why.empty()) {
      complaints.push_back(why);
      lose(*one.host, why);
    }
    return !why.empty();
  };
  while (true) {
    std::erase_if(asked, hear);
    if (asked.empty()) {
      return;
    }
    wait(deadline);
  }
}

std::vector<std::string> PairHosts::measure_clocks(int most) {
  std::vector<std::string> complaints;
  ask_clocks(most, complaints);
  if (!complaints.empty()) {
    return complaints;
  }
  for (const PairHost& host : hosts_) {
    for (const PairHost* reference : {hosts_.data() + 1, hosts_.data()}) {
      // Server and first client are held against each other once.
      if (&host == reference || (reference == &server() && &host == &first_client())) {
        continue;
      }
      const std::string complaint =
          clock_complaint(clock_known_of(host), clock_known_of(*reference));
      if (!complaint.empty()) {
        if (std::ranges::find(complaints, complaint) == complaints.end()) {
          complaints.push_back(complaint);
        }
        break;
      }
    }
  }
  return complaints;
}

std::string PairHosts::out_of_step(int most) {
  const std::vector<std::string> complaints = measure_clocks(most);
  const bool is_any_off = std::ranges::any_of(hosts_, [this](const PairHost& host) {
    return are_certainly_apart(clock_of(host).ahead);
  });
  return is_any_off || !lost_hosts().empty() ? fmt::format("{}", fmt::join(complaints, "; "))
                                             : std::string();
}

ClockDifference PairHosts::clock_of(const PairHost& host) const {
  return &host == &first_client()
             ? ClockDifference{}
             : clock_difference(clock_known_of(host), clock_known_of(first_client()));
}

void PairHosts::close() {
  for (PairHost& host : hosts_) {
    if (host.link) {
      host.link->close();
    }
  }
  for (PairHost& host : hosts_) {
    host.link.reset();
  }
}

}  // namespace coresweep
