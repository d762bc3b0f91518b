// The plan's file form: what may stand in it, the defaults, and the way back into run.json.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/failure.hpp"
#include "harness/plan.hpp"
#include "harness/strict_json.hpp"
#include "support/endpoint.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kMostStreams = 1'000;
constexpr std::int64_t kMostInFlight = 1'000'000;
constexpr std::int64_t kMostBlocks = 1'000;
constexpr std::size_t kMostThreadCounts = 64;
constexpr int kConnectionsPerThread = 32;

// The list at `key`, not empty, of different names out of `known`.
std::vector<std::string> read_names(const StrictObject& fields, const char* key, const Json& value,
                                    const std::vector<std::string>& known,
                                    const std::string& allowed) {
  if (!value.is_array() || value.empty()) {
    fields.refuse(key, value, allowed);
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Json& entry = value[i];
    const auto same = [&entry](const std::string& name) { return entry == name; };
    if (std::none_of(known.begin(), known.end(), same) ||
        std::any_of(names.begin(), names.end(), same)) {
      fields.refuse(fmt::format("{}[{}]", key, i), entry, allowed);
    }
    names.push_back(entry.get<std::string>());
  }
  return names;
}

std::vector<std::string> read_architectures(const StrictObject& fields,
                                            const PlanContext& context) {
  const std::string allowed = "a list of different names out of " + listed(context.architectures);
  const Json* value = fields.find("architectures");
  if (value == nullptr) {
    fields.refuse_missing("architectures", allowed);
  }
  return read_names(fields, "architectures", *value, context.architectures, allowed);
}

std::vector<std::string> read_http2(const StrictObject& fields, const PlanContext& context) {
  const Json* value = fields.find("http2");
  if (value == nullptr) {
    return {"lean"};  // as in the greeter
  }
  const std::string allowed = "a name or a list of different names out of " + listed(context.http2);
  const auto same = [value](const std::string& name) { return *value == name; };
  if (std::any_of(context.http2.begin(), context.http2.end(), same)) {
    return {value->get<std::string>()};
  }
  return read_names(fields, "http2", *value, context.http2, allowed);
}

std::vector<int> automatic_threads(const PlanContext& context) {
  std::vector<int> counts{context.server_cpus, context.all_cpus};
  for (int count = 1; count <= context.all_cpus; count *= 2) {
    counts.push_back(count);
  }
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
  return counts;
}

std::vector<int> read_threads(const StrictObject& fields, const PlanContext& context) {
  const Json* value = fields.find("threads");
  if (value == nullptr || *value == "auto") {
    return automatic_threads(context);
  }
  const std::string allowed = fmt::format(
      "\"auto\" or a list of 1 to {} different whole numbers from 1 to {}, the CPUs that coresweep "
      "may run on",
      kMostThreadCounts, context.all_cpus);
  if (!value->is_array() || value->empty() || value->size() > kMostThreadCounts) {
    fields.refuse("threads", *value, allowed);
  }
  std::vector<int> counts;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Json& entry = (*value)[i];
    if (!is_whole_number(entry, 1, context.all_cpus) ||
        std::find(counts.begin(), counts.end(), entry.get<int>()) != counts.end()) {
      fields.refuse(fmt::format("threads[{}]", i), entry, allowed);
    }
    counts.push_back(entry.get<int>());
  }
  std::sort(counts.begin(), counts.end());
  return counts;
}

// The largest thread count that leaves the load generator its CPUs.
int largest_fitting(const std::vector<int>& threads, int server_cpus) {
  int largest = threads.front();
  for (const int count : threads) {
    largest = count <= server_cpus ? count : largest;
  }
  return largest;
}

int read_connections(const StrictObject& fields, const std::vector<int>& threads,
                     const PlanContext& context) {
  const std::int64_t most = context.most_connections;
  const Json* value = fields.find("connections");
  if (value == nullptr || *value == "auto") {
    const int counted = largest_fitting(threads, context.server_cpus);
    return static_cast<int>(std::min(most, std::int64_t{kConnectionsPerThread} * counted));
  }
  if (!is_whole_number(*value, 1, most)) {
    fields.refuse("connections", *value,
                  fmt::format("\"auto\" or a whole number from 1 to {}", most));
  }
  return value->get<int>();
}

std::optional<std::uint64_t> read_seed(const StrictObject& fields) {
  const Json* value = fields.find("seed");
  if (value == nullptr || *value == "random") {
    return std::nullopt;
  }
  if (!is_whole_number(*value, 0, kHighestSeed)) {
    fields.refuse("seed", *value,
                  fmt::format("\"random\" or a whole number from 0 to {}", kHighestSeed));
  }
  return value->get<std::uint64_t>();
}

std::string read_listen(const StrictObject& fields) {
  const Json* value = fields.find("listen");
  if (value == nullptr) {
    return "127.0.0.1:10051";
  }
  if (!value->is_string() ||
      !parse_endpoint(value->get_ref<const std::string&>(), PortZero::refused)) {
    fields.refuse("listen", *value, "a numeric address and a port, such as \"127.0.0.1:10051\"");
  }
  return value->get<std::string>();
}

int read_headline_threads(const StrictObject& fields, const Plan& plan,
                          const PlanContext& context) {
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

// The order in which a plan names what it compares says what it asks.
std::optional<Headline> default_headline(const Plan& plan, const PlanContext& context) {
  const auto& names = plan.architectures;
  const auto& http2 = plan.http2;
  const int threads = largest_fitting(plan.threads, context.server_cpus);
  if (names.size() > 1) {
    return Headline{names[1], http2[0], names[0], http2[0], threads};
  }
  if (http2.size() > 1) {
    return Headline{names[0], http2[1], names[0], http2[0], threads};
  }
  return std::nullopt;
}

std::vector<std::string> without(std::vector<std::string> names, const std::string& name) {
  std::erase(names, name);
  return names;
}

// A ratio of two arms that differ in both would say nothing of either; one of an arm to itself is
// no comparison.
std::string read_against_http2(const StrictObject& inner, const Plan& plan,
                               const Headline& headline) {
  if (headline.against != headline.architecture) {
    return inner.one_of("against_http2", headline.http2, {headline.http2});
  }
  const auto others = without(plan.http2, headline.http2);
  if (inner.find("against_http2") == nullptr) {
    inner.refuse_missing("against_http2",
                         "one of " + listed(others) + ", since against is the same architecture");
  }
  return inner.one_of("against_http2", "", others);
}

std::optional<Headline> read_headline(const StrictObject& fields, const std::string& file,
                                      const Plan& plan, const PlanContext& context) {
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
  const StrictObject inner(*value, file, "headline",
                           {"architecture", "http2", "against", "against_http2", "threads"});
  for (const char* key : {"architecture", "against"}) {
    if (inner.find(key) == nullptr) {
      inner.refuse_missing(key, "one of " + listed(plan.architectures));
    }
  }
  Headline headline;
  headline.architecture = inner.one_of("architecture", "", plan.architectures);
  headline.http2 = inner.one_of("http2", plan.http2.front(), plan.http2);
  const bool one_http2 = plan.http2.size() == 1;
  if (one_http2 && plan.architectures.size() == 1) {
    fields.refuse("headline", *value, "null when the plan has one architecture and one http2");
  }
  headline.against = inner.one_of(
      "against", "",
      one_http2 ? without(plan.architectures, headline.architecture) : plan.architectures);
  headline.against_http2 = read_against_http2(inner, plan, headline);
  headline.threads = read_headline_threads(inner, plan, context);
  return headline;
}

}  // namespace

Plan read_plan(const std::string& text, const std::string& file, const PlanContext& context) {
  const Json object = parse_strict_json(text, file);
  const StrictObject fields(
      object, file, "",
      {"question", "architectures", "http2", "threads", "connections", "streams", "warmup",
       "duration", "blocks", "seed", "listen", "ceiling", "trace", "headline"});
  Plan plan;
  plan.question = fields.line_of_text("question", 500);
  plan.architectures = read_architectures(fields, context);
  plan.http2 = read_http2(fields, context);
  plan.threads = read_threads(fields, context);
  plan.connections = read_connections(fields, plan.threads, context);
  plan.streams = static_cast<int>(fields.whole_number("streams", 10, 1, kMostStreams));
  const std::int64_t in_flight = std::int64_t{plan.connections} * plan.streams;
  if (in_flight > kMostInFlight) {
    fields.refuse("connections x streams", in_flight,
                  fmt::format("at most {} requests in flight", kMostInFlight));
  }
  plan.warmup = fields.duration("warmup", "500ms", "0s", "60s");
  plan.duration = fields.duration("duration", "2500ms", "100ms", "10m");
  plan.blocks = static_cast<int>(fields.whole_number("blocks", 9, 1, kMostBlocks));
  plan.seed = read_seed(fields);
  plan.listen = read_listen(fields);
  plan.ceiling = fields.truth("ceiling", true);
  plan.trace = fields.truth("trace", false);
  plan.headline = read_headline(fields, file, plan, context);
  return plan;
}

Json to_json(const Headline& headline) {
  return {{"architecture", headline.architecture},
          {"http2", headline.http2},
          {"against", headline.against},
          {"against_http2", headline.against_http2},
          {"threads", headline.threads}};
}

Json to_json(const Plan& plan) {
  return {{"question", plan.question},
          {"architectures", plan.architectures},
          {"http2", plan.http2.size() == 1 ? Json(plan.http2.front()) : Json(plan.http2)},
          {"threads", plan.threads},
          {"connections", plan.connections},
          {"streams", plan.streams},
          {"warmup", format_duration(plan.warmup)},
          {"duration", format_duration(plan.duration)},
          {"blocks", plan.blocks},
          {"seed", plan.seed ? Json(*plan.seed) : Json("random")},
          {"listen", plan.listen},
          {"ceiling", plan.ceiling},
          {"trace", plan.trace},
          {"headline", plan.headline ? to_json(*plan.headline) : Json(nullptr)}};
}

}  // namespace coresweep
