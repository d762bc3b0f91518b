// Which cells a plan comes to here: its arms, without what this machine or a server does not have.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "support/contains.hpp"

#include "harness/plan.hpp"

namespace coresweep {
namespace {

// Its replies are one greeting, whatever is asked.
constexpr const char* kNullHttp2 = "null";
// The load generator's ceiling shall be no lottery of the kernel's hash.
constexpr const char* kEvenlyDealt = "dealt_loops";
// One gives a connection to the thread on the CPU that took its packet, the other runs as wide as
// its CPU mask.
const std::vector<std::string> kPlacedByCpus{"steered_loops", "thread_per_connection"};
constexpr const char* kNullHasOneReply = "the null responder gives no reply_bytes";

// What `conditions` ask for, but what `honoured` are.
std::vector<std::string> lacking(const Conditions& conditions,
                                 const std::vector<std::string>& honoured) {
  std::vector<std::string> keys;
  const auto need = [&keys, &honoured](bool asked, const char* key) {
    if (asked && !contains(honoured, key)) {
      keys.emplace_back(key);
    }
  };
  need(conditions.reply_bytes > 0, "reply_bytes");
  need(conditions.cpu.count() > 0, "handler_cpu");
  need(conditions.wait.count() > 0, "handler_wait");
  need(conditions.stall.has_value(), "stall_thread");
  need(conditions.backlog == Backlog::divided, "backlog");
  need(conditions.pin == Pin::none, "pin");
  return keys;
}

// Why `peer` has no cell under conditions of which it honours not all; empty when it has. Its
// CPU mask has a CPU a thread in any case: what it cannot be told of threads is no reason, and
// a wider mask would be more threads.
std::string what_it_lacks(const Peer& peer, const Conditions& conditions) {
  std::vector<std::string> honoured;
  if (peer.varies_reply_bytes) {
    honoured.emplace_back("reply_bytes");
  }
  const auto keys = lacking(conditions, honoured);
  return keys.empty() ? std::string() : fmt::format("it does not vary {}", fmt::join(keys, ", "));
}

// The null responder calls no handler, which is where the others work and stand still: a cell of it
// that were named by such a cost would be faster than its name.
std::string what_null_lacks(const Conditions& conditions) {
  const auto keys = lacking(conditions, {"handler_wait", "backlog", "pin"});
  return keys.empty() ? std::string()
                      : fmt::format("the null responder gives no {}", fmt::join(keys, ", "));
}

// `name` with what tells it from the plan's others, where there are any.
std::string with_text(const std::string& name, const std::string& text) {
  return text.empty() ? name : fmt::format("{} with {}", name, text);
}

std::string under_conditions(const std::string& name, const Plan& plan,
                             const Conditions& conditions) {
  return with_text(name, conditions_text(plan.conditions, conditions));
}

// What is left out and why; neither when `arm` runs under `conditions` and `load`.
Skipped skipped_arm(const Arm& arm, const Conditions& conditions, const LoadPoint& load,
                    const Plan& plan, const PlanContext& context) {
  if (arm.is_peer()) {
    const auto same = [&arm](const Peer& peer) { return peer.name == arm.architecture; };
    const auto peer = std::find_if(plan.peers.begin(), plan.peers.end(), same);
    const std::string what = "peer " + arm.architecture;
    return peer->left_out.empty()
               ? Skipped{under_conditions(what, plan, conditions), what_it_lacks(*peer, conditions)}
               : Skipped{what, peer->left_out};
  }
  if (arm.engine == kIoUring && !context.io_uring.unavailable.empty()) {
    return {std::string("engine ") + kIoUring, context.io_uring.unavailable};
  }
  if (const auto most = context.most_connections_of.find(arm.architecture);
      most != context.most_connections_of.end() && load.connections > most->second) {
    return {with_text(arm.architecture, load_text(plan.load, load)),
            fmt::format("it has at most {} connections, the plan has {}", most->second,
                        load.connections)};
  }
  if (arm.engine == kIoUring && !contains(context.io_uring.architectures, arm.architecture)) {
    return {fmt::format("{} with engine {}", arm.architecture, kIoUring),
            "it does not live on that engine"};
  }
  if (conditions.pin == Pin::none && contains(kPlacedByCpus, arm.architecture)) {
    return {under_conditions(arm.architecture, plan, conditions),
            "which CPUs its threads have is part of that architecture"};
  }
  if (arm.http2 == kNullHttp2) {
    return {under_conditions(std::string("http2 ") + kNullHttp2, plan, conditions),
            what_null_lacks(conditions)};
  }
  return {};
}

// Where that changes nothing of what the plan's other value is: such as "backlog divided".
std::string what_changes_nothing(const Plan& plan, int threads, const Conditions& conditions,
                                 const PlanContext& context) {
  if (threads == 1 && conditions.backlog == Backlog::divided &&
      plan.conditions.backlog.size() > 1) {
    return "backlog divided";  // of one listener
  }
  if (threads == 1 && context.server_cpus == 1 && conditions.pin == Pin::none &&
      plan.conditions.pin.size() > 1) {
    return "pin none";  // of one CPU
  }
  return {};
}

// Larger replies cost the load generator more than the null responder's: it would be no ceiling.
bool has_ceiling(const Plan& plan) {
  const auto& sizes = plan.conditions.reply_bytes;
  return plan.ceiling && std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
}

}  // namespace

std::vector<Arm> arms_of(const Plan& plan) {
  std::vector<Arm> arms;
  for (const std::string& architecture : plan.architectures) {
    for (const std::string& engine : plan.engines) {
      for (const std::string& http2 : plan.http2) {
        arms.push_back({architecture, engine, http2});
      }
    }
  }
  for (const Peer& peer : plan.peers) {
    arms.push_back({peer.name, kPeer, kPeer});
  }
  return arms;
}

std::vector<Skipped> skipped_of(const Plan& plan, const PlanContext& context) {
  std::vector<Skipped> skipped;
  const auto add = [&skipped](const Skipped& one) {
    const auto same = [&one](const Skipped& other) { return other.what == one.what; };
    if (!one.why.empty() && std::none_of(skipped.begin(), skipped.end(), same)) {
      skipped.push_back(one);
    }
  };
  for (const Arm& arm : arms_of(plan)) {
    for (const Conditions& conditions : conditions_of(plan.conditions)) {
      for (const LoadPoint& load : loads_of(plan.load)) {
        add(skipped_arm(arm, conditions, load, plan, context));
      }
    }
  }
  for (const Conditions& conditions : conditions_of(plan.conditions)) {
    if (const std::string what =
            what_changes_nothing(plan, plan.threads.front(), conditions, context);
        !what.empty()) {
      add({what + " at 1 thread", "it changes nothing there"});
    }
  }
  for (const int size : plan.conditions.reply_bytes) {
    if (plan.ceiling && size > 0) {
      add({has_ceiling(plan) ? fmt::format("ceiling with reply_bytes {}", size) : "ceiling",
           kNullHasOneReply});
    }
  }
  return skipped;
}

Json to_json(const std::vector<Skipped>& skipped) {
  Json list = Json::array();
  for (const auto& [what, why] : skipped) {
    list.push_back({{"what", what}, {"why", why}});
  }
  return list;
}

namespace {

// All CPUs that are not the load's. A share of what is held is another rate at each thread count,
// and so the floor under its latency another one: there the ceiling has the arms' own threads, as
// far as they leave the load its CPUs.
std::vector<int> ceiling_threads(const Plan& plan, const LoadPoint& load,
                                 const PlanContext& context) {
  if (load.share_percent == 0) {
    return {context.server_cpus};
  }
  std::vector<int> counts = plan.threads;
  std::erase_if(counts, [&context](int count) { return count > context.server_cpus; });
  return counts;
}

// And another one for each set of conditions: dearer calls are held at lower rates. Nothing where
// one does for all. Larger replies have none.
std::vector<std::optional<Conditions>> floors_of(const Plan& plan, const LoadPoint& load) {
  const auto all = conditions_of(plan.conditions);
  if (load.share_percent == 0 || all.size() == 1) {
    return {std::nullopt};
  }
  std::vector<std::optional<Conditions>> floors;
  for (const Conditions& conditions : all) {
    if (conditions.reply_bytes == 0) {
      floors.emplace_back(conditions);
    }
  }
  return floors;
}

}  // namespace

std::vector<Cell> cells_of(const Plan& plan, const PlanContext& context) {
  std::vector<Cell> cells;
  const auto loads = loads_of(plan.load);
  const auto add = [&cells](Role role, const Arm& arm, int threads, const Conditions& conditions,
                            const LoadPoint& load) {
    cells.push_back({role, arm.architecture, arm.http2, threads, load.connections, load.streams,
                     arm.engine, conditions, load.shape, load.share_percent});
  };
  for (const int threads : plan.threads) {
    for (const LoadPoint& load : loads) {
      for (const Conditions& conditions : conditions_of(plan.conditions)) {
        for (const Arm& arm : arms_of(plan)) {
          if (what_changes_nothing(plan, threads, conditions, context).empty() &&
              skipped_arm(arm, conditions, load, plan, context).why.empty()) {
            add(Role::kArm, arm, threads, conditions, load);
          }
        }
      }
    }
  }
  // Nothing to hold the ceiling against is no sweep.
  if (has_ceiling(plan) && !cells.empty()) {
    for (const LoadPoint& load : loads) {
      for (const int threads : ceiling_threads(plan, load, context)) {
        for (const auto& conditions : floors_of(plan, load)) {
          const bool has_arms = std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) {
            return cell.role == Role::kArm && cell.threads == threads &&
                   cell.conditions == conditions && cell.load_point() == load;
          });
          if (!conditions || has_arms) {
            add(Role::kCeiling, {kEvenlyDealt, kEpoll, kNullHttp2}, threads, Conditions(), load);
            cells.back().floor_of = conditions;
          }
        }
      }
    }
  }
  return cells;
}

}  // namespace coresweep
