#include "harness/load_shape.hpp"

#include <fmt/format.h>

namespace coresweep {

std::string mode_name(Mode mode) {
  switch (mode) {
    case Mode::closed:
      return "closed";
    case Mode::constant:
      return "constant";
    case Mode::poisson:
      return "poisson";
    case Mode::churn:
      return "churn";
  }
  return {};
}

std::string shape_name(const LoadShape& shape) {
  if (shape.mode == Mode::closed) {
    return {};
  }
  return mode_name(shape.mode) + (shape.is_open() ? std::to_string(shape.rate_per_s)
                                                  : std::to_string(shape.requests_per_connection));
}

std::vector<std::string> load_flags(const LoadShape& shape) {
  std::vector<std::string> words{"--mode", mode_name(shape.mode)};
  if (shape.is_open()) {
    words.insert(words.end(), {"--rate", std::to_string(shape.rate_per_s)});
  }
  if (shape.mode == Mode::churn) {
    words.insert(words.end(),
                 {"--requests-per-connection", std::to_string(shape.requests_per_connection)});
  }
  if (shape.client_work_percent > 0) {
    words.insert(words.end(), {"--client-work", fmt::format("{}%", shape.client_work_percent)});
  }
  return words;
}

}  // namespace coresweep
