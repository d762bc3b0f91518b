#include "harness/pair_trial.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "harness/dialogue.hpp"
#include "harness/failure.hpp"
#include "harness/host_verdicts.hpp"
#include "harness/merged_report.hpp"
#include "harness/pair_dialogue.hpp"
#include "harness/server_under_test.hpp"
#include "harness/utc_time.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// As on one machine (trial.cpp, own_server.cpp), and what a network may take.
constexpr nanoseconds kNetwork = 2s;
constexpr nanoseconds kServing = 6s + kNetwork;
constexpr nanoseconds kPairConnected = 10s;
constexpr nanoseconds kConnectedEach = 1ms;
constexpr nanoseconds kMeasured = 5s + 7s + kNetwork;
constexpr nanoseconds kPairStopped = 8s + kNetwork;
// From the last word until the start that it names, by the clock that is farthest ahead.
constexpr std::int64_t kLeadNs = 200'000'000;
constexpr std::int64_t kLeadInRoundTrips = 10;
constexpr int kTrialClockQuestions = 16;
// How long a host that was lost is waited for, if it is to be.
constexpr std::chrono::seconds kBackWithin{60};
// Clocks of busy hosts are asked again.
constexpr int kMostClockRounds = 4;

class PairTrial {
 public:
  PairTrial(const Programs& programs, PairHosts& hosts, OnLoss on_loss, const TrialSetup& setup,
            const StopSignals& signals)
      : programs_(programs),
        hosts_(hosts),
        on_loss_(on_loss),
        setup_(setup),
        signals_(signals),
        dialogue_(hosts) {
    readings_.started_at = utc_time(std::chrono::system_clock::now());
    readings_.server_cpus = setup.server_cpus;
    if (setup.cell.load.is_open()) {
      readings_.load_seed = setup.load_seed;
    }
    divide();
  }

  TrialReadings run() {
    std::string cannot;
    try {
      prepare();
      start();
      measure();
      stop();
    } catch (const Breakdown& breakdown) {
      readings_.breakdown = breakdown.reason;
    } catch (const HostTrouble& trouble) {
      readings_.breakdown = trouble.reason;
      readings_.connect_failures = trouble.connect_failures;
      cannot = trouble.kind == HostTrouble::Kind::kCannot ? trouble.reason : "";
      readings_.lost_host = trouble.kind == HostTrouble::Kind::kLost ? trouble.reason : "";
    } catch (const Json::exception& error) {
      readings_.breakdown = fmt::format("a host's line is not as agreed: {}", error.what());
    }
    if (!readings_.breakdown.empty()) {
      dialogue_.abandon();
    }
    keep_errors();
    readings_.hosts = std::move(records_);
    if (!cannot.empty()) {
      throw Failure(cannot);
    }
    return std::move(readings_);
  }

 private:
  struct Client {
    PairHost* host;
    LoadPart part;
  };

  void divide() {
    records_[hosts_.server().name()] = {{"role", "server"}, {"cpus", setup_.server_cpus}};
    std::vector<LoadPart> parts = divide_load(setup_.cell.connections, client_cpus(hosts_));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].connections > 0) {
        clients_.push_back({&hosts_.all()[i + 1], std::move(parts[i])});
        const Client& client = clients_.back();
        records_[client.host->name()] = {{"role", "client"},
                                         {"cpus", client.part.cpus},
                                         {"connections", client.part.connections}};
      }
    }
    for (const PairHost& host : hosts_.all()) {
      if (records_.contains(host.name())) {
        records_[host.name()]["link_bits_per_s"] =
            link_bits_per_s(host.hello.at("network"), host.listed.network_gbps);
      }
    }
    for (Json& record : records_) {
      for (const char* key : {"machine_cpu", "network", "network_connecting", "cpu_frequency",
                              "device", "clock"}) {
        record[key] = nullptr;
      }
    }
    readings_.load_cpus = clients_.front().part.cpus;
  }

  // That all hosts are there, and their clocks one.
  void prepare() {
    if (const auto lost = hosts_.why_lost(); on_loss_ == OnLoss::kStop && !lost.empty()) {
      throw Failure(fmt::format("{}", fmt::join(lost, "; ")));
    }
    if (const std::string lost = hosts_.reconnect(kBackWithin); !lost.empty()) {
      throw Failure(lost);
    }
    std::vector<std::string> complaints = hosts_.measure_clocks(kTrialClockQuestions);
    for (int round = 1; !complaints.empty() && round < kMostClockRounds; ++round) {
      complaints = hosts_.measure_clocks(kTrialClockQuestions);
    }
    for (const PairHost& host : hosts_.all()) {
      if (records_.contains(host.name())) {
        records_[host.name()]["clock"] = to_json(hosts_.clock_of(host));
      }
    }
    if (!complaints.empty()) {
      throw Failure(fmt::format("{}", fmt::join(complaints, "; ")));
    }
    note_phases();
  }

  // A gap shorter than what is not known of the clocks leaves nothing of an even schedule.
  void note_phases() {
    if (setup_.cell.load.mode != Mode::constant || clients_.size() < 2) {
      return;
    }
    std::int64_t apart_ns = 0;
    for (const PairHost& host : hosts_.all()) {
      const ClockOffset ahead = hosts_.clock_of(host).ahead;
      apart_ns = std::max(apart_ns, std::abs(ahead.offset_ns) + ahead.bound_ns);
    }
    if (10 * apart_ns * setup_.cell.load.rate_per_s > 1'000'000'000) {
      readings_.notes.emplace_back(
          "the clients' clocks are not known to a tenth of the schedule's gap: its gaps are not "
          "even over all of them, and poisson's need not be");
    }
  }

  void start() {
    ServerStart server = server_start(programs_, setup_);
    const std::string program = std::filesystem::path(server.command.front()).filename();
    server.command.erase(server.command.begin());
    dialogue_.say(hosts_.server(), {{"do", "serve"},
                                    {"program", program},
                                    {"flags", server.command},
                                    {"cpus", server.surroundings.cpus}},
                  "serving");
    dialogue_.await(kServing);
    nanoseconds most{};
    for (const Client& client : clients_) {
      const nanoseconds within = kPairConnected + client.part.connections * kConnectedEach;
      dialogue_.say(*client.host, {{"do", "load"},
                                   {"flags", load_command_flags(setup_, client.part)},
                                   {"connect_within_ns", within.count()}},
                    "connected");
      most = std::max(most, within);
    }
    dialogue_.await(most + kNetwork);
    for (const Client& client : clients_) {
      records_[client.host->name()]["network_connecting"] =
          dialogue_.reply_of(*client.host).at("network_connecting");
    }
  }

  // One instant for all. The hosts' clocks agree, the controller's need not: by which of them it
  // comes soonest decides.
  [[nodiscard]] std::int64_t start_ns() const {
    std::int64_t farthest = hosts_.server().clock.offset_ns;
    std::int64_t worst_bound = 0;
    for (const PairHost& host : hosts_.all()) {
      farthest = std::max(farthest, host.clock.offset_ns + host.clock.bound_ns);
      worst_bound = std::max(worst_bound, host.clock.bound_ns);
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<nanoseconds>(now).count() + farthest +
           std::max(kLeadNs, 2 * worst_bound * kLeadInRoundTrips);
  }

  void measure() {
    const std::int64_t start = start_ns();
    const std::int64_t begin = start + setup_.warmup.count();
    dialogue_.say(hosts_.server(), {{"do", "window"},
                                    {"begin_ns", begin},
                                    {"end_ns", begin + setup_.duration.count()},
                                    {"cpus", setup_.server_cpus}},
                  "windowed");
    for (const Client& client : clients_) {
      dialogue_.say(*client.host, {{"do", "go"},
                                   {"start_ns", start},
                                   {"warmup_ns", setup_.warmup.count()},
                                   {"duration_ns", setup_.duration.count()},
                                   {"cpus", client.part.cpus}},
                    "report");
    }
    dialogue_.await(setup_.warmup + setup_.duration + kMeasured);
    if (const std::string why = hosts_.out_of_step(kTrialClockQuestions); !why.empty()) {
      throw HostTrouble{HostTrouble::Kind::kLost, why};
    }
    take_server_window();
    take_reports();
  }

  void take_server_window() {
    const Json& said = dialogue_.reply_of(hosts_.server());
    Json& record = records_[hosts_.server().name()];
    record.update(said.at("host"));
    record["read_late_ns"] = said.at("late_ns");
    readings_.server_window = said.at("server_window");
    readings_.machine_cpu = record.at("machine_cpu");
    readings_.network = record.at("network");
    readings_.cpu_frequency = record.at("cpu_frequency");
    if (!record.at("network_connecting").is_null()) {
      readings_.network_connecting = record.at("network_connecting");
    }
  }

  void take_reports() {
    std::vector<ClientReport> reports;
    for (const Client& client : clients_) {
      const Json& said = dialogue_.reply_of(*client.host);
      Json& record = records_[client.host->name()];
      record.update(said.at("host"));
      record["begun_late_ns"] = begun_late_ns(said.at("report"));
      reports.push_back({client.host->name(), said.at("report")});
    }
    if (reports.size() > 1) {
      readings_.starts_apart_ns = starts_apart_ns(reports);
      for (const ClientReport& report : reports) {
        readings_.client_reports.emplace_back(report.client, report.line);
      }
    }
    readings_.load = merged_report(programs_.loadgen, std::move(reports), signals_);
  }

  void stop() {
    dialogue_.say(hosts_.server(), {{"do", "stop"}}, "stopped");
    dialogue_.await(kPairStopped);
    const Json& said = dialogue_.reply_of(hosts_.server());
    readings_.server_totals = parse_server_totals(said);
    for (const Json& note : said.at("notes")) {
      readings_.notes.push_back(note.get<std::string>());
    }
  }

  void keep_errors() {
    readings_.server_errors = dialogue_.errors_of(hosts_.server());
    for (const Client& client : clients_) {
      if (const std::string errors = dialogue_.errors_of(*client.host); !errors.empty()) {
        readings_.load_errors += fmt::format("{}: {}", client.host->name(), errors);
        readings_.load_errors += errors.ends_with('\n') ? "" : "\n";
      }
    }
  }

  const Programs& programs_;
  PairHosts& hosts_;
  OnLoss on_loss_;
  const TrialSetup& setup_;
  const StopSignals& signals_;
  PairDialogue dialogue_;
  std::vector<Client> clients_;
  TrialReadings readings_;
  Json records_ = Json::object();
};

}  // namespace

std::vector<LoadPart> divide_load(int connections, const std::vector<std::vector<int>>& cpus) {
  const int clients = static_cast<int>(cpus.size());
  const int used = std::min(clients, connections);
  std::vector<LoadPart> parts;
  for (int i = 0; i < clients; ++i) {
    LoadPart part;
    part.connections = connections / clients + (i < connections % clients ? 1 : 0);
    part.cpus = cpus[static_cast<std::size_t>(i)];
    part.cpus.resize(std::min(part.cpus.size(), static_cast<std::size_t>(part.connections)));
    part.phase = std::min(i + 1, used);
    part.phases = used;
    parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<std::vector<int>> client_cpus(const PairHosts& hosts) {
  std::vector<std::vector<int>> cpus;
  for (const PairHost& host : hosts.all()) {
    if (&host != &hosts.server()) {
      cpus.push_back(host.cpus);
    }
  }
  return cpus;
}

TrialReadings run_pair_trial(const Programs& programs, PairHosts& hosts, OnLoss on_loss,
                             const TrialSetup& setup, const StopSignals& signals) {
  return PairTrial(programs, hosts, on_loss, setup, signals).run();
}

}  // namespace coresweep
