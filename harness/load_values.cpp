#include "harness/load_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "harness/factor_values.hpp"
#include "harness/wording.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

constexpr int kMostStreams = 1'000;
constexpr std::int64_t kMostInFlight = 1'000'000;
constexpr std::int64_t kMostRate = 100'000'000;  // as loadgen
constexpr int kMostPerConnection = 1'000'000;    // likewise
constexpr int kDefaultStreams = 10;
constexpr std::size_t kMostLoads = kMostValues;

std::optional<int> parse_whole(const Json& value, std::int64_t most) {
  return is_whole_number(value, 1, most) ? std::optional(value.get<int>()) : std::nullopt;
}

// 20000, or "30%" of what the slowest arm holds.
std::optional<Rate> parse_rate(const Json& value) {
  if (is_whole_number(value, 1, kMostRate)) {
    return Rate{value.get<std::int64_t>(), 0};
  }
  if (!value.is_string()) {
    return std::nullopt;
  }
  const auto& text = value.get_ref<const std::string&>();
  const char* end = text.data() + text.size();
  int percent = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  return error == std::errc{} && stop + 1 == end && *stop == '%' && percent >= 1 && percent <= 100
             ? std::optional(Rate{0, percent})
             : std::nullopt;
}

Json whole_json(int value) { return value == 0 ? Json() : Json(value); }

Json rate_json(const Rate& rate) {
  return rate.share_percent > 0 ? Json(fmt::format("{}%", rate.share_percent))
         : rate.per_s > 0       ? Json(rate.per_s)
                                : Json();
}

// {"1": 256, "10": 32}: of each of the plan's streams.
std::vector<int> read_by_streams(const StrictObject& fields, const std::vector<int>& streams,
                                 std::int64_t most) {
  std::vector<std::string> keys;
  for (const int count : streams) {
    keys.push_back(std::to_string(count));
  }
  const StrictObject by_streams(fields, kLoadKeys[0], keys);
  std::vector<int> connections;
  for (const std::string& key : keys) {
    if (by_streams.find(key) == nullptr) {
      by_streams.refuse_missing(key, fmt::format("a whole number from 1 to {}", most));
    }
    connections.push_back(static_cast<int>(by_streams.whole_number(key, 1, 1, most)));
  }
  return connections;
}

bool all_alike(const std::vector<int>& counts) {
  return std::ranges::all_of(counts, [&counts](int count) { return count == counts.front(); });
}

// Behind the streams, by which they may be told.
void read_connections(const StrictObject& fields, const AutomaticConnections& automatic,
                      std::int64_t most, LoadValues& values) {
  const Json* given = fields.find(kLoadKeys[0]);
  const bool is_told_by_streams = given != nullptr && given->is_object();
  std::vector<int> by_streams;
  if (is_told_by_streams) {
    by_streams = read_by_streams(fields, values.streams, most);
  } else {
    std::ranges::transform(values.streams, std::back_inserter(by_streams), automatic);
  }
  const bool is_one = all_alike(by_streams);
  if (is_told_by_streams || given == nullptr || *given == "auto") {
    values.connections_by_streams = !is_one;
    values.connections = is_one ? std::vector{by_streams.front()} : by_streams;
    return;
  }
  values.connections = read_values(
      fields, kLoadKeys[0], by_streams.front(),
      fmt::format("\"auto\"{} or a whole number from 1 to {}", is_one ? "" : " alone,", most),
      [is_one, most, &by_streams](const Json& value) {
        return is_one && value == "auto" ? std::optional(by_streams.front())
                                         : parse_whole(value, most);
      });
}

// The streams that go with the i-th of the connections.
std::vector<int> streams_beside(const LoadValues& values, std::size_t i) {
  return values.connections_by_streams ? std::vector{values.streams[i]} : values.streams;
}

// A key of another mode is no harmless extra: who writes it expects it to do something.
void require_absent(const StrictObject& fields, const char* key, const char* modes) {
  if (const Json* given = fields.find(key); given != nullptr && !given->is_null()) {
    fields.refuse(key, *given, fmt::format("none unless mode is {}", modes));
  }
}

std::vector<Rate> read_rates(const StrictObject& fields) {
  const std::string allowed = fmt::format(
      "a whole number of requests a second from 1 to {}, or a share from \"1%\" to \"100%\" of "
      "what the slowest arm holds",
      kMostRate);
  if (fields.find("rate") == nullptr) {
    fields.refuse_missing("rate", allowed + ", since mode asks for one");
  }
  auto rates = read_values(fields, "rate", Rate(), allowed, parse_rate);
  const auto is_share = [](const Rate& rate) { return rate.share_percent > 0; };
  const auto shares = std::count_if(rates.begin(), rates.end(), is_share);
  if (shares > 0 && static_cast<std::size_t>(shares) < rates.size()) {
    fields.refuse("rate", *fields.find("rate"), "either rates or shares, not both");
  }
  return rates;
}

LoadValues only(const LoadPoint& load) {
  LoadValues values;
  values.mode = load.shape.mode;
  values.connections = {load.connections};
  values.streams = {load.streams};
  values.rates = {{load.share_percent > 0 ? 0 : load.shape.rate_per_s, load.share_percent}};
  values.requests_per_connection = {load.shape.requests_per_connection};
  return values;
}

// Calls `take` with each key, its values and their words.
template <typename Take>
void each_load_key(const LoadValues& values, const Take& take) {
  take(kLoadKeys[0], values.connections, whole_json);
  take(kLoadKeys[1], values.streams, whole_json);
  take(kLoadKeys[2], values.rates, rate_json);
  take(kLoadKeys[3], values.requests_per_connection, whole_json);
}

Json keys_json(const LoadValues& values) {
  Json json = Json::object();
  each_load_key(values, [&json](const auto& key, const auto& list, const auto& words) {
    json[key] = values_json(list, words);
  });
  if (values.connections_by_streams) {
    Json by_streams = Json::object();
    for (std::size_t i = 0; i < values.streams.size(); ++i) {
      by_streams[std::to_string(values.streams[i])] = values.connections[i];
    }
    json[kLoadKeys[0]] = by_streams;
  }
  return json;
}

}  // namespace

bool LoadPoint::operator==(const LoadPoint& other) const {
  LoadShape own = shape;
  if (share_percent > 0) {
    own.rate_per_s = other.shape.rate_per_s;
  }
  return connections == other.connections && streams == other.streams && own == other.shape &&
         share_percent == other.share_percent;
}

int LoadValues::most_connections() const {
  return *std::max_element(connections.begin(), connections.end());
}

LoadValues read_loads(const StrictObject& fields, const AutomaticConnections& automatic,
                      std::int64_t most) {
  LoadValues values;
  const std::vector<std::string> modes{mode_name(Mode::closed), mode_name(Mode::constant),
                                       mode_name(Mode::poisson), mode_name(Mode::churn)};
  const std::string mode = fields.one_of("mode", modes.front(), modes);
  values.mode = static_cast<Mode>(std::find(modes.begin(), modes.end(), mode) - modes.begin());
  values.streams = read_values(fields, "streams", kDefaultStreams,
                               fmt::format("a whole number from 1 to {}", kMostStreams),
                               [](const Json& value) { return parse_whole(value, kMostStreams); });
  read_connections(fields, automatic, most, values);
  if (values.is_open()) {
    values.rates = read_rates(fields);
  } else {
    require_absent(fields, "rate", "constant or poisson");
  }
  if (values.mode == Mode::churn) {
    values.requests_per_connection =
        read_values(fields, "requests_per_connection", 1,
                    fmt::format("a whole number from 1 to {}", kMostPerConnection),
                    [](const Json& value) { return parse_whole(value, kMostPerConnection); });
  } else {
    require_absent(fields, "requests_per_connection", "churn");
  }
  std::int64_t in_flight = 0;
  for (const LoadPoint& load : loads_of(values)) {
    in_flight = std::max(in_flight, std::int64_t{load.connections} * load.streams);
  }
  if (in_flight > kMostInFlight) {
    fields.refuse("connections x streams", in_flight,
                  fmt::format("at most {} requests in flight", kMostInFlight));
  }
  if (const std::size_t loads = loads_of(values).size(); loads > kMostLoads) {
    fields.refuse(fmt::format("{}", fmt::join(kLoadKeys, " x ")), loads,
                  fmt::format("at most {} different loads", kMostLoads));
  }
  return values;
}

std::vector<LoadPoint> loads_of(const LoadValues& values) {
  std::vector<LoadPoint> loads;
  for (std::size_t i = 0; i < values.connections.size(); ++i) {
    const int connections = values.connections[i];
    for (const int streams : streams_beside(values, i)) {
      for (const Rate& rate : values.rates) {
        for (const int requests : values.requests_per_connection) {
          loads.push_back({connections,
                           streams,
                           {values.mode, rate.per_s, requests, 0},
                           rate.share_percent});
        }
      }
    }
  }
  return loads;
}

LoadPoint read_load_choice(const StrictObject& fields, const LoadValues& values) {
  const auto whole = [](const Json& value) { return parse_whole(value, kMostInFlight); };
  const auto whole_or_none = [&whole](const Json& value) {
    return value.is_null() ? std::optional(0) : whole(value);
  };
  const auto rate_or_none = [](const Json& value) {
    return value.is_null() ? std::optional(Rate()) : parse_rate(value);
  };
  const int streams = choose_value(fields, kLoadKeys[1], values.streams, whole, whole_json);
  std::vector<int> beside;  // of the connections those that there are with so many streams
  for (std::size_t i = 0; i < values.connections.size(); ++i) {
    if (contains(streams_beside(values, i), streams)) {
      beside.push_back(values.connections[i]);
    }
  }
  const int connections = choose_value(fields, kLoadKeys[0], beside, whole, whole_json);
  const Rate rate = choose_value(fields, kLoadKeys[2], values.rates, rate_or_none, rate_json);
  const int requests = choose_value(fields, kLoadKeys[3], values.requests_per_connection,
                                    whole_or_none, whole_json);
  return {connections, streams, {values.mode, rate.per_s, requests, 0}, rate.share_percent};
}

Json to_json(const LoadValues& values) {
  Json json{{"mode", mode_name(values.mode)}};
  json.update(keys_json(values));
  return json;
}

Json to_json(const LoadPoint& load) { return keys_json(only(load)); }

std::string load_text(const LoadValues& values, const LoadPoint& load) {
  const Json own = to_json(load);
  std::vector<std::string> parts;
  each_load_key(values, [&](const auto& key, const auto& list, const auto&) {
    const bool is_told_by_streams = key == kLoadKeys[0] && values.connections_by_streams;
    if (list.size() > 1 && !is_told_by_streams) {
      parts.push_back(fmt::format("{} {}", key, words_of(own.at(key))));
    }
  });
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string load_words(const LoadPoint& load) {
  const std::string rate =
      load.share_percent > 0
          ? fmt::format("{} % of what the slowest arm holds", load.share_percent)
          : fmt::format("{} requests a second", with_thousands(
                                                    static_cast<double>(load.shape.rate_per_s)));
  const std::string how =
      load.shape.is_open() ? fmt::format(", {} at {}", mode_name(load.shape.mode), rate)
      : load.shape.mode == Mode::churn
          ? fmt::format(", {} a connection", counted(load.shape.requests_per_connection, "request"))
          : std::string();
  return fmt::format("{} x {}{}", counted(load.connections, "connection"),
                     counted(load.streams, "stream"), how);
}

}  // namespace coresweep
