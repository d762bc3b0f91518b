// What run.json says of a sweep, and what of it has to stay as it is until its end.
#include "harness/binaries_record.hpp"
#include "harness/doctor.hpp"
#include "harness/machine.hpp"
#include "harness/peer_needs.hpp"
#include "harness/sweep.hpp"
#include "harness/sweep_hosts.hpp"
#include "harness/trial_result.hpp"

namespace coresweep {
namespace {

constexpr std::chrono::milliseconds kNotWatched{0};

Json division_record(const CpuDivision& division) {
  int server_cores = 0;
  for (const PhysicalCore& core : division.cores) {
    server_cores += shared_cpus({core}, division.server, core.cpus).empty() ? 0 : 1;
  }
  return {{"server", division.server}, {"load", division.load}, {"physical_cores", server_cores}};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json deviations_record(const Peer& peer) {
  Json record = Json::array();
  for (const auto& [what, otherwise, why] : peer.deviations) {
    record.push_back({{"what", what}, {"default", otherwise}, {"why", why}});
  }
  return record;
}

Json varied_by(const Peer& peer) {
  Json varied = Json::array();
  for (const auto& [varies, name] : {std::pair(peer.varies_threads, "threads"),
                                     std::pair(peer.varies_reply_bytes, "reply_bytes")}) {
    if (varies) {
      varied.push_back(name);
    }
  }
  return varied;
}

Json peers_record(const Sweep& sweep, const StopSignals& signals) {
  Json record = Json::array();
  for (const Peer& peer : sweep.plan.peers) {
    Json files = Json::object();
    if (peer.left_out.empty()) {  // else what an earlier build left there did not run
      auto paths = files_of(peer, sweep.programs.coresweep);
      paths.merge(files_needed(peer));
      for (const auto& [name, path] : paths) {
        files[name] = file_record(path, signals);
      }
    }
    const auto versions = peer.left_out.empty() ? versions_of(peer, signals)
                                                : std::map<std::string, std::string>();
    record.push_back({{"name", peer.name},
                      {"summary", peer.summary},
                      {"folder", peer.folder},
                      {"implementation", peer.implementation},
                      {"architecture", text_or_null(peer.architecture)},
                      {"version", peer.version},
                      {"versions_found", versions},
                      {"varies", varied_by(peer)},
                      {"deviations", deviations_record(peer)},
                      {"left_out", text_or_null(peer.left_out)},
                      {"start", peer.start},
                      {"files", files}});
  }
  return record;
}

// Not of who uses the CPUs, which takes a second's watching: trials tell that.
Json doctor_record(const Sweep& sweep, const StopSignals& signals) {
  return sweep.hosts ? sweep.hosts->server().hello.at("doctor")
                     : warnings_record(examine(read_host(kNotWatched, signals)));
}

}  // namespace

Json machine_record(const Sweep& sweep) {
  return sweep.hosts ? sweep.hosts->server().hello.at("machine")
                     : machine_record(sweep.machine, sweep.allowed);
}

Json identity_record(const Sweep& sweep, const StopSignals& signals) {
  Json identity{{"plan", to_json(sweep.plan)},
                {"machine", machine_record(sweep)},
                {"build", build_record()},
                {"binaries", binaries_record(sweep.programs, signals)},
                {"peers", peers_record(sweep, signals)},
                {"skipped", to_json(sweep.skipped)},
                {"cpu_division", division_record(sweep.division)},
                {"thresholds", to_json(sweep.thresholds)}};
  if (sweep.hosts) {
    identity["hosts"] = hosts_identity(hosts_record(*sweep.hosts));
  } else {
    identity["environment"] = changing_environment();  // that of hosts is in their doctor's words
  }
  return identity;
}

Json run_record(const Sweep& sweep, std::uint64_t seed, const std::string& started_at,
                const std::vector<std::string>& command, const StopSignals& signals) {
  Json record{{"schema_version", kSchemaVersion},
              {"plan_file", sweep.plan_file},
              {"plan_document", sweep.plan_document},
              {"seed", seed},
              {"started_at", started_at},
              {"command", command},
              {"headline", sweep.plan.headline ? to_json(*sweep.plan.headline) : Json()},
              {"trials_planned", schedule_of(sweep, seed).trials_left().count()},
              {"doctor", doctor_record(sweep, signals)}};
  record.update(identity_record(sweep, signals));
  if (record.value("environment", Json::array()).empty()) {
    record.erase("environment");
  }
  if (sweep.hosts) {
    record["hosts"] = hosts_record(*sweep.hosts);
  }
  return record;
}

}  // namespace coresweep
