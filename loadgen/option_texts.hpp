// What flags say that one flag cannot judge alone, as text, and what it comes to.
#pragma once

#include <optional>
#include <string>

#include "loadgen/load_options.hpp"

namespace coresweep {

inline constexpr std::int64_t kMaxRate = 100'000'000;

struct OptionTexts {
  std::string target = "127.0.0.1:10051";
  std::string pin = "none";
  std::string mode = "closed";
  std::string warmup = "1s";
  std::string duration = "5s";
  std::string start = "now";
  // Absent unless given, and an empty text was given, too.
  std::optional<std::string> phase;
  std::optional<std::string> rate_steps;
  std::optional<std::string> hot_connections;
  std::string think_time = "0s";
  std::string client_work = "0%";
  ServiceFlags service;
};

/// Completes `options`, which has the other flags already. Returns the line for the operator about
/// what is wrong, or nothing.
[[nodiscard]] std::optional<std::string> complete(const OptionTexts& texts, LoadOptions& options);

}  // namespace coresweep
