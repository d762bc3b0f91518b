#include "harness/plan_headline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace coresweep {
namespace {

int read_threads(const StrictObject& fields, const Plan& plan, const PlanContext& context) {
  const Json* value = fields.find("threads");
  if (value == nullptr || *value == "largest") {
    return largest_fitting(plan.threads, context.server_cpus);
  }
  // Not *value == count, to which 1.0 is 1.
  const auto same = [value](int count) { return is_whole_number(*value, count, count); };
  if (std::none_of(plan.threads.begin(), plan.threads.end(), same)) {
    fields.refuse("threads", *value,
                  fmt::format("\"largest\" or one of {}", fmt::join(plan.threads, ", ")));
  }
  return value->get<int>();
}

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names = plan.architectures;
  for (const Peer& peer : plan.peers) {
    names.push_back(peer.name);
  }
  return names;
}

bool is_peer(const Plan& plan, const std::string& name) {
  return std::any_of(plan.peers.begin(), plan.peers.end(),
                     [&name](const Peer& peer) { return peer.name == name; });
}

// The order in which a plan names what it compares says what it asks.
std::optional<Headline> default_headline(const Plan& plan, const PlanContext& context) {
  const auto names = names_of(plan);
  const std::string engine = plan.engines.front();
  const std::string http2 = plan.http2.front();
  Headline headline{
      names[0], http2, names[0], http2, largest_fitting(plan.threads, context.server_cpus),
      engine,   engine, conditions_of(plan.conditions).front(), loads_of(plan.load).front()};
  if (names.size() > 1) {
    headline.architecture = names[1];
    for (auto [name, told_engine, told_http2] :
         {std::tie(headline.architecture, headline.engine, headline.http2),
          std::tie(headline.against, headline.against_engine, headline.against_http2)}) {
      if (is_peer(plan, name)) {
        told_engine = kPeer;
        told_http2 = kPeer;
      }
    }
    return headline;
  }
  if (is_peer(plan, names[0])) {
    return std::nullopt;
  }
  if (plan.engines.size() > 1) {
    headline.engine = plan.engines[1];
    return headline;
  }
  if (plan.http2.size() > 1) {
    headline.http2 = plan.http2[1];
    return headline;
  }
  return std::nullopt;
}

std::vector<std::string> without(std::vector<std::string> names, const std::string& name) {
  std::erase(names, name);
  return names;
}

struct SideKeys {
  const char* architecture;
  const char* engine;
  const char* http2;
};

constexpr SideKeys kOver{"architecture", "engine", "http2"};
constexpr SideKeys kUnder{"against", "against_engine", "against_http2"};

// The side of a comparison with something of another name: its own engine and http2, or `other`'s
// where that has some.
Arm read_side(const StrictObject& inner, const SideKeys& keys, const Plan& plan,
              const std::string& architecture, const Arm* other) {
  if (is_peer(plan, architecture)) {
    return {architecture, inner.one_of(keys.engine, kPeer, {kPeer}),
            inner.one_of(keys.http2, kPeer, {kPeer})};
  }
  if (other != nullptr && !other->is_peer()) {
    return {architecture, inner.one_of(keys.engine, other->engine, {other->engine}),
            inner.one_of(keys.http2, other->http2, {other->http2})};
  }
  return {architecture, inner.one_of(keys.engine, plan.engines.front(), plan.engines),
          inner.one_of(keys.http2, plan.http2.front(), plan.http2)};
}

std::string read_other(const StrictObject& inner, const char* key,
                       const std::vector<std::string>& others) {
  if (inner.find(key) == nullptr) {
    inner.refuse_missing(key,
                         "one of " + listed(others) + ", since against is the same architecture");
  }
  return inner.one_of(key, "", others);
}

// A ratio of two arms that differ in two things would say nothing of either; one of an arm to
// itself is no comparison.
Arm read_same_under_another(const StrictObject& inner, const Plan& plan, const Arm& over) {
  Arm under = over;
  const auto other_engines = without(plan.engines, over.engine);
  const auto other_http2 = without(plan.http2, over.http2);
  const Json* engine = inner.find(kUnder.engine);
  const bool another_engine = engine != nullptr && *engine != over.engine;
  if (other_http2.empty() || (another_engine && !other_engines.empty())) {
    under.http2 = inner.one_of(kUnder.http2, over.http2, {over.http2});
    under.engine = read_other(inner, kUnder.engine, other_engines);
  } else {
    under.engine = inner.one_of(kUnder.engine, over.engine, {over.engine});
    under.http2 = read_other(inner, kUnder.http2, other_http2);
  }
  return under;
}

}  // namespace

int largest_fitting(const std::vector<int>& threads, int server_cpus) {
  int largest = threads.front();
  for (const int count : threads) {
    largest = count <= server_cpus ? count : largest;
  }
  return largest;
}

std::optional<Headline> read_headline(const StrictObject& fields, const Plan& plan,
                                      const PlanContext& context) {
  const Json* value = fields.find("headline");
  if (value == nullptr) {
    return default_headline(plan, context);
  }
  if (value->is_null()) {
    return std::nullopt;
  }
  if (!value->is_object()) {
    fields.refuse("headline", *value, "null or an object of architecture, against and threads");
  }
  std::vector<std::string> keys{"architecture",   "engine",        "http2",  "against",
                                "against_engine", "against_http2", "threads"};
  keys.insert(keys.end(), kLoadKeys.begin(), kLoadKeys.end());
  keys.insert(keys.end(), kConditionKeys.begin(), kConditionKeys.end());
  const StrictObject inner(fields, "headline", keys);
  const auto names = names_of(plan);
  for (const char* key : {kOver.architecture, kUnder.architecture}) {
    if (inner.find(key) == nullptr) {
      inner.refuse_missing(key, "one of " + listed(names));
    }
  }
  if (arms_of(plan).size() == 1) {
    fields.refuse("headline", *value,
                  "null when the plan has one architecture, one engine and one http2");
  }
  const std::string name = inner.one_of(kOver.architecture, "", names);
  const bool has_one_arm =
      is_peer(plan, name) || (plan.engines.size() == 1 && plan.http2.size() == 1);
  const std::string against =
      inner.one_of(kUnder.architecture, "", has_one_arm ? without(names, name) : names);
  const Arm over = read_side(inner, kOver, plan, name, nullptr);
  const Arm under = against == name ? read_same_under_another(inner, plan, over)
                                    : read_side(inner, kUnder, plan, against, &over);
  return Headline{over.architecture,
                  over.http2,
                  under.architecture,
                  under.http2,
                  read_threads(inner, plan, context),
                  over.engine,
                  under.engine,
                  read_choice(inner, plan.conditions),
                  read_load_choice(inner, plan.load)};
}

}  // namespace coresweep
