// The plan's way back into run.json: every field, in the plan's own words.
#include <fmt/format.h>

#include "harness/plan.hpp"

namespace coresweep {

Json to_json(const Headline& headline) {
  Json json{{"architecture", headline.architecture},
            {"engine", headline.engine},
            {"http2", headline.http2},
            {"against", headline.against},
            {"against_engine", headline.against_engine},
            {"against_http2", headline.against_http2},
            {"threads", headline.threads}};
  json.update(to_json(headline.load));
  json.update(to_json(headline.conditions));
  return json;
}

Json to_json(const Plan& plan) {
  const auto name_or_names = [](const std::vector<std::string>& names) {
    return names.size() == 1 ? Json(names.front()) : Json(names);
  };
  Json peers = Json::array();
  for (const Peer& peer : plan.peers) {
    peers.push_back(peer.folder);
  }
  Json json{{"question", plan.question},
            {"architectures", plan.architectures},
            {"engine", name_or_names(plan.engines)},
            {"http2", name_or_names(plan.http2)},
            {"threads", plan.threads}};
  json.update(to_json(plan.load));
  json.update(to_json(plan.conditions));
  json.update(Json{{"server_cores", plan.server_cores ? Json(*plan.server_cores) : Json("half")},
                   {"warmup", format_duration(plan.warmup)},
                   {"duration", format_duration(plan.duration)},
                   {"blocks", plan.blocks},
                   {"until_ci", plan.until_ci ? Json(fmt::format("{:.6g}%", 100 * *plan.until_ci))
                                              : Json()},
                   {"capacity_p99", plan.capacity_p99 ? Json(format_duration(*plan.capacity_p99))
                                                      : Json()},
                   {"twin_blocks", plan.twin_blocks},
                   {"controls", plan.controls},
                   {"reruns", plan.reruns},
                   {"seed", plan.seed ? Json(*plan.seed) : Json("random")},
                   {"listen", plan.listen},
                   {"ceiling", plan.ceiling},
                   {"trace", plan.trace},
                   {"peers", peers},
                   {"headline", plan.headline ? to_json(*plan.headline) : Json(nullptr)}});
  return json;
}

}  // namespace coresweep
