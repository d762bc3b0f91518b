#include "harness/stored_headline.hpp"

#include "harness/stored_lines.hpp"

namespace coresweep {

std::optional<StoredHeadline> stored_headline(const Json& record) {
  const auto text = [&record](const char* key) {
    return stored_text(record, std::string("/headline/") + key);
  };
  const StoredHeadline headline{{text("architecture"), text("engine"), text("http2")},
                                {text("against"), text("against_engine"), text("against_http2")}};
  const bool names_both =
      !headline.over.architecture.empty() && !headline.under.architecture.empty();
  return names_both ? std::optional(headline) : std::nullopt;
}

bool is_side(const Arm& arm, const Arm& side) {
  const auto matches = [](const std::string& named, const std::string& own) {
    return named.empty() || named == own;
  };
  return arm.architecture == side.architecture && matches(side.engine, arm.engine) &&
         matches(side.http2, arm.http2);
}

}  // namespace coresweep
