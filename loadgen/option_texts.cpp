#include "loadgen/option_texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "loadgen/epoch_clock.hpp"
#include "support/command_line.hpp"
#include "support/cpu_set.hpp"
#include "support/decimal.hpp"
#include "support/duration.hpp"
#include "support/endpoint.hpp"
#include "support/open_files.hpp"

namespace coresweep {
namespace {

// Epoll sets, standard streams, and what the C library opens now and then.
constexpr int kOtherDescriptors = 64;
constexpr std::chrono::nanoseconds kShortestToMeasure = std::chrono::milliseconds(400);
constexpr std::uint32_t kMaxPhases = 1'000;

template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

// The readers of one flag each return the line for the operator, or nothing.
using Wrong = std::optional<std::string>;

Wrong read_target(const std::string& text, Target& target) {
  const auto endpoint = parse_host_and_port(text);
  if (!endpoint) {
    return fmt::format(
        "--target: '{}' is no HOST:PORT with a name or an address and a port from 1 "
        "to 65535",
        text);
  }
  target = {.text = text, .host = endpoint->address, .port = endpoint->port, .address = {}};
  return std::nullopt;
}

Wrong read_start(const std::string& text, LoadOptions& options) {
  if (text == "now" || text == "go") {
    options.start = text == "go" ? Start::go : Start::now;
    return std::nullopt;
  }
  const auto at = parse_start_time(text);
  if (!at) {
    return fmt::format("--start: '{}': allowed is now, go, or {}", text, kStartTimeForm);
  }
  options.start = Start::at;
  options.start_epoch_ns = *at;
  if (const std::int64_t now = epoch_ns(); *at < now) {
    return fmt::format("--start: {} passed {:.3f} s ago", text,
                       static_cast<double>(now - *at) / 1e9);
  }
  return std::nullopt;
}

Wrong read_rate_steps(const std::string& text, std::vector<std::int64_t>& steps) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto rate = whole_number<std::int64_t>(std::string_view(text).substr(begin, end - begin));
    if (!rate || *rate < 1 || *rate > kMaxRate) {
      return fmt::format(
          "--rate-steps: '{}': allowed are whole numbers from 1 to {} with commas "
          "between them",
          text, kMaxRate);
    }
    steps.push_back(*rate);
    begin = end + 1;
  }
  return std::nullopt;
}

// What makes load uneven, and the client's own.
Wrong read_unevenness(const OptionTexts& texts, LoadOptions& options) {
  if (texts.hot_connections) {
    if (!options.arrivals) {
      return "--hot-connections: in a closed loop each connection is as busy as its answers let "
             "it; "
             "--mode constant and poisson have a load to share out";
    }
    if (*options.arrivals == Arrivals::constant && options.threads > 1) {
      return "--hot-connections: several threads have uneven shares of the load, and no constant "
             "gaps between them: --threads 1 or --mode poisson";
    }
    const auto spread = parse_load_spread(*texts.hot_connections);
    if (!spread || options.connections < 2) {
      return fmt::format(
          "--hot-connections: '{}': allowed is 10%:90% (a tenth of at least two connections has "
          "nine "
          "tenths of the load) or zipf:1.1 (an exponent up to 10)",
          *texts.hot_connections);
    }
    options.spread = *spread;
    options.spread_text = *texts.hot_connections;
  }
  options.think_time = parse_duration(texts.think_time).value();
  if (options.arrivals && options.think_time.count() > 0) {
    return fmt::format("--think-time: --mode {} has a rate, whatever its users do", texts.mode);
  }
  const auto work = parse_added_work(texts.client_work);
  if (!work) {
    return fmt::format("--client-work: '{}': allowed is 0% to 1000%, or a time up to 10ms",
                       texts.client_work);
  }
  options.client_work = *work;
  options.client_work_text = texts.client_work;
  if (work->share > 0 && options.warmup < kShortestToMeasure) {
    return "--client-work: what a request costs is measured in the warm-up: --warmup 400ms or more";
  }
  return std::nullopt;
}

// What belongs to an open loop.
Wrong read_schedule(const OptionTexts& texts, LoadOptions& options) {
  if (texts.rate_steps) {
    if (const Wrong wrong = read_rate_steps(*texts.rate_steps, options.rate_steps)) {
      return wrong;
    }
  }
  if (texts.phase) {
    const auto phase = parse_phase(*texts.phase);
    if (!phase) {
      return fmt::format("--phase: '{}': allowed is i/N with i from 1 to N, and N up to {}",
                         *texts.phase, kMaxPhases);
    }
    options.phase = *phase;
  }
  options.churns = texts.mode == "churn";
  if (options.churns && options.requests_per_connection == 0) {
    options.requests_per_connection = 1;
  }
  if (texts.mode == "closed" && options.requests_per_connection > 0) {
    return "--requests-per-connection: a closed loop keeps its connections; --mode churn does not";
  }
  if (options.abortive_close && options.requests_per_connection == 0) {
    return "--abortive-close: nothing is closed before the end without --requests-per-connection";
  }
  const bool has_rate = options.rate_per_s != 0;
  const bool has_steps = !options.rate_steps.empty();
  if (texts.mode == "closed" || options.churns) {
    if (has_rate || has_steps || texts.phase) {
      return fmt::format(
          "{}: a closed loop is as fast as the answers; --mode constant and poisson "
          "have a schedule",
          has_rate    ? "--rate"
          : has_steps ? "--rate-steps"
                      : "--phase");
    }
    return std::nullopt;
  }
  if (has_rate == has_steps) {
    return fmt::format("--mode {} needs {}, requests a second", texts.mode,
                       has_rate ? "one of --rate and --rate-steps" : "--rate or --rate-steps");
  }
  if (has_steps && (options.start == Start::at || texts.phase)) {
    return fmt::format(
        "--rate-steps: clients that share a start do one rate at a time: not with {}",
        texts.phase ? "--phase" : "--start at a time");
  }
  options.arrivals = texts.mode == "constant" ? Arrivals::constant : Arrivals::poisson;
  return std::nullopt;
}

}  // namespace

std::optional<Share> parse_phase(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto index = whole_number<std::uint32_t>(text.substr(0, slash));
  const auto count = whole_number<std::uint32_t>(text.substr(std::min(slash + 1, text.size())));
  if (!index || !count || *index < 1 || *index > *count || *count > kMaxPhases) {
    return std::nullopt;
  }
  return Share{.index = *index - 1, .count = *count};
}

std::string format_phase(const Share& phase) {
  return fmt::format("{}/{}", phase.index + 1, phase.count);
}

std::optional<std::int64_t> parse_start_time(std::string_view text) {
  constexpr std::int64_t kLongestWaitNs = 86'400'000'000'000;
  const auto at = whole_number<std::int64_t>(text);
  return at && *at > 0 && *at <= epoch_ns() + kLongestWaitNs ? at : std::nullopt;
}

std::optional<std::string> complete(const OptionTexts& texts, LoadOptions& options) {
  Wrong wrong = read_target(texts.target, options.target);
  wrong = wrong ? wrong : read_start(texts.start, options);
  wrong = wrong ? wrong : read_schedule(texts, options);
  if (wrong) {
    return wrong;
  }
  try {
    options.service = read_service_call(texts.service);
  } catch (const ServiceError& error) {
    return error.what();
  }
  options.warmup = parse_duration(texts.warmup).value();
  options.duration = parse_duration(texts.duration).value();
  wrong = read_unevenness(texts, options);
  if (wrong) {
    return wrong;
  }
  if (options.connections < options.threads) {
    return fmt::format("--connections: {} leave some of --threads {} without any",
                       options.connections, options.threads);
  }
  if (std::string text = read_pin(texts.pin, options.threads, options.pin); !text.empty()) {
    return text;
  }
  const int room = raise_open_files() - kOtherDescriptors - options.threads;
  if (options.connections + options.idle_connections > room) {
    return fmt::format(
        "--connections{}: {} is above what the limit of open files leaves: {} (ulimit -n)",
        options.idle_connections > 0 ? " and --idle-connections" : "",
        options.connections + options.idle_connections, std::max(room, 0));
  }
  return std::nullopt;
}

}  // namespace coresweep
