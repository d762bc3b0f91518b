#include "loadgen/load_spread.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/decimal.hpp"

namespace coresweep {
namespace {

constexpr double kMostExponent = 10;

}  // namespace

std::optional<LoadSpread> parse_load_spread(std::string_view text) {
  constexpr std::string_view kZipf = "zipf:";
  if (text.starts_with(kZipf)) {
    const auto exponent = parse_decimal(text.substr(kZipf.size()));
    if (!exponent || *exponent <= 0 || *exponent > kMostExponent) {
      return std::nullopt;
    }
    return LoadSpread{.kind = LoadSpread::Kind::zipf, .exponent = *exponent};
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const auto connections = parse_percent(text.substr(0, colon));
  const auto load = parse_percent(text.substr(std::min(colon + 1, text.size())));
  if (!connections || !load || *connections <= 0 || *connections >= 1 || *load <= 0 || *load >= 1) {
    return std::nullopt;
  }
  return LoadSpread{
      .kind = LoadSpread::Kind::hot, .share_of_connections = *connections, .share_of_load = *load};
}

std::vector<double> weights_of(const LoadSpread& spread, std::size_t connections) {
  std::vector<double> weights(connections, 1.0 / static_cast<double>(connections));
  if (spread.kind == LoadSpread::Kind::hot) {
    const auto wanted = static_cast<std::size_t>(
        std::lround(spread.share_of_connections * static_cast<double>(connections)));
    const std::size_t hot = std::clamp<std::size_t>(wanted, 1, connections - 1);
    std::fill_n(weights.begin(), hot, spread.share_of_load / static_cast<double>(hot));
    std::fill(weights.begin() + static_cast<std::ptrdiff_t>(hot), weights.end(),
              (1 - spread.share_of_load) / static_cast<double>(connections - hot));
  } else if (spread.kind == LoadSpread::Kind::zipf) {
    for (std::size_t i = 0; i < connections; ++i) {
      weights[i] = std::pow(static_cast<double>(i + 1), -spread.exponent);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) {
      weight /= sum;
    }
  }
  return weights;
}

}  // namespace coresweep
