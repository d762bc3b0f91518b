#include "harness/conditions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "harness/factor_values.hpp"
#include "harness/plan.hpp"
#include "support/duration.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;

// The greeter's own limits (greeter --help), told here before anything is started.
constexpr const char* kMostCpu = "10ms";
constexpr const char* kMostWait = "100ms";
constexpr std::int64_t kMostReplyBytes = 1 << 20;
constexpr std::chrono::nanoseconds kLongestStall = 900ms;

constexpr std::size_t kMostConditions = kMostValues;  // of a plan

using Stall = std::optional<StalledThread>;

// A value as the plan writes it; nothing when it is none that is allowed.
std::optional<std::chrono::nanoseconds> parse_time(const Json& value, const char* most) {
  const auto time =
      value.is_string() ? parse_duration(value.get_ref<const std::string&>()) : std::nullopt;
  return time && *time >= 0ns && *time <= parse_duration(most).value() ? time : std::nullopt;
}

std::optional<int> parse_reply_bytes(const Json& value) {
  return is_whole_number(value, 0, kMostReplyBytes) ? std::optional(value.get<int>())
                                                    : std::nullopt;
}

// "0:200ms"
std::optional<StalledThread> parse_thread_and_time(const std::string& text, int fewest_threads) {
  StalledThread stall;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, stall.thread);
  if (error != std::errc{} || stop == end || *stop != ':') {
    return std::nullopt;
  }
  const auto length = parse_duration(std::string_view(stop + 1, end));
  if (!length || *length <= 0ns || *length > kLongestStall || stall.thread < 0 ||
      stall.thread >= fewest_threads) {
    return std::nullopt;
  }
  stall.length = *length;
  return stall;
}

std::optional<Stall> parse_stall(const Json& value, int fewest_threads) {
  if (value.is_null() || value == "none") {
    return Stall();
  }
  if (!value.is_string()) {
    return std::nullopt;
  }
  const Stall stall =
      parse_thread_and_time(value.get_ref<const std::string&>(), fewest_threads);
  if (!stall) {
    return std::nullopt;  // which is not the same as no stall
  }
  return std::optional<Stall>(std::in_place, stall);
}

std::string allowed_time(const char* most) {
  return fmt::format("a text of {}, from 0ns to {}", kDurationForm, most);
}

// As people write "nothing" of a time that is otherwise a few microseconds.
std::string time_text(std::chrono::nanoseconds time) {
  return time == 0ns ? "0ns" : format_duration(time);
}

std::string stall_text(const StalledThread& stall) {
  return fmt::format("{}:{}", stall.thread, format_duration(stall.length));
}

Json pin_json(Pin pin) { return pin == Pin::each ? "each" : "none"; }
Json backlog_json(Backlog backlog) { return backlog == Backlog::whole ? "whole" : "divided"; }

// Of two values the one whose word it is.
template <typename Value>
std::optional<Value> parse_word(const Json& value, Value one, Value other, Json (&word)(Value)) {
  return value == word(one)     ? std::optional(one)
         : value == word(other) ? std::optional(other)
                                : std::nullopt;
}

std::optional<Pin> parse_pin(const Json& value) {
  return parse_word(value, Pin::each, Pin::none, pin_json);
}

std::optional<Backlog> parse_backlog(const Json& value) {
  return parse_word(value, Backlog::whole, Backlog::divided, backlog_json);
}

Json time_json(std::chrono::nanoseconds time) { return time_text(time); }
Json reply_json(int bytes) { return bytes; }
Json stall_json(const Stall& stall) { return stall ? Json(stall_text(*stall)) : Json(); }

// Calls `take` with each key, what the name of a cell has for it, its values and their words.
template <typename Take>
void each_key(const ConditionValues& values, const Take& take) {
  take(kConditionKeys[0], "cpu", values.cpu, time_json);
  take(kConditionKeys[1], "wait", values.wait, time_json);
  take(kConditionKeys[2], "reply", values.reply_bytes, reply_json);
  take(kConditionKeys[3], "stall", values.stall, stall_json);
  take(kConditionKeys[4], "pin-", values.pin, pin_json);
  take(kConditionKeys[5], "backlog-", values.backlog, backlog_json);
}

ConditionValues only(const Conditions& conditions) {
  return {{conditions.cpu},   {conditions.wait}, {conditions.reply_bytes},
          {conditions.stall}, {conditions.pin},  {conditions.backlog}};
}

// Each of `all` with each of `values` as that member.
template <typename Value>
std::vector<Conditions> with_each(const std::vector<Conditions>& all, Value Conditions::*member,
                                  const std::vector<Value>& values) {
  std::vector<Conditions> result;
  for (Conditions conditions : all) {
    for (const Value& value : values) {
      conditions.*member = value;
      result.push_back(conditions);
    }
  }
  return result;
}

}  // namespace

ConditionValues read_conditions(const StrictObject& fields, int fewest_threads) {
  ConditionValues values;
  values.cpu = read_values(fields, "handler_cpu", 0ns, allowed_time(kMostCpu),
                           [](const Json& value) { return parse_time(value, kMostCpu); });
  values.wait = read_values(fields, "handler_wait", 0ns, allowed_time(kMostWait),
                            [](const Json& value) { return parse_time(value, kMostWait); });
  values.reply_bytes =
      read_values(fields, "reply_bytes", 0,
                  fmt::format("a whole number from 0 to {}", kMostReplyBytes), parse_reply_bytes);
  values.stall = read_values(
      fields, "stall_thread", Stall(),
      fmt::format("null or a server thread and how long it stands still each second, such as "
                  "\"0:200ms\": threads 0 to {}, at most 900ms",
                  fewest_threads - 1),
      [fewest_threads](const Json& value) { return parse_stall(value, fewest_threads); });
  values.pin = read_values(fields, "pin", Pin::each, "\"each\" or \"none\"", parse_pin);
  values.backlog = read_values(fields, "backlog", Backlog::whole, "\"whole\" or \"divided\"",
                               parse_backlog);
  std::size_t conditions = 1;
  each_key(values, [&conditions](const auto&, const char*, const auto& list, const auto&) {
    conditions *= list.size();
  });
  if (conditions > kMostConditions) {
    fields.refuse(fmt::format("{}", fmt::join(kConditionKeys, " x ")), conditions,
                  fmt::format("at most {} different conditions", kMostConditions));
  }
  return values;
}

std::vector<Conditions> conditions_of(const ConditionValues& values) {
  std::vector<Conditions> all{{}};
  all = with_each(all, &Conditions::cpu, values.cpu);
  all = with_each(all, &Conditions::wait, values.wait);
  all = with_each(all, &Conditions::reply_bytes, values.reply_bytes);
  all = with_each(all, &Conditions::stall, values.stall);
  all = with_each(all, &Conditions::pin, values.pin);
  return with_each(all, &Conditions::backlog, values.backlog);
}

Conditions read_choice(const StrictObject& fields, const ConditionValues& values) {
  const auto time = [](const char* most) {
    return [most](const Json& value) { return parse_time(value, most); };
  };
  const auto stall = [](const Json& value) {
    return parse_stall(value, std::numeric_limits<int>::max());
  };
  return {choose_value(fields, "handler_cpu", values.cpu, time(kMostCpu), time_json),
          choose_value(fields, "handler_wait", values.wait, time(kMostWait), time_json),
          choose_value(fields, "reply_bytes", values.reply_bytes, parse_reply_bytes, reply_json),
          choose_value(fields, "stall_thread", values.stall, stall, stall_json),
          choose_value(fields, "pin", values.pin, parse_pin, pin_json),
          choose_value(fields, "backlog", values.backlog, parse_backlog, backlog_json)};
}

Json to_json(const ConditionValues& values) {
  Json json = Json::object();
  each_key(values, [&json](const auto& key, const char*, const auto& list, const auto& words) {
    json[key] = values_json(list, words);
  });
  return json;
}

Json to_json(const Conditions& conditions) { return to_json(only(conditions)); }

std::string conditions_name(const Conditions& conditions) {
  const Json nothing = to_json(Conditions());
  std::vector<std::string> parts;
  each_key(only(conditions),
           [&](const auto& key, const char* short_name, const auto& list, const auto& words) {
             if (const Json value = words(list.front()); value != nothing.at(key)) {
               parts.push_back(short_name + words_of(value));
             }
           });
  return fmt::format("{}", fmt::join(parts, "/"));
}

std::string conditions_text(const ConditionValues& values, const Conditions& conditions) {
  const Json own = to_json(conditions);
  std::vector<std::string> parts;
  each_key(values, [&](const auto& key, const char*, const auto& list, const auto&) {
    if (list.size() > 1) {
      parts.push_back(fmt::format("{} {}", key, words_of(own.at(key))));
    }
  });
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> server_flags(const Conditions& conditions) {
  std::vector<std::string> flags;
  const auto add = [&flags](const char* flag, const std::string& value) {
    flags.emplace_back(flag);
    flags.push_back(value);
  };
  if (conditions.cpu > 0ns) {
    add("--handler-cpu", format_duration(conditions.cpu));
  }
  if (conditions.wait > 0ns) {
    add("--handler-wait", format_duration(conditions.wait));
  }
  if (conditions.stall) {
    add("--stall-thread", stall_text(*conditions.stall));
  }
  if (conditions.backlog == Backlog::divided) {
    flags.emplace_back("--divide-backlog");
  }
  return flags;
}

std::vector<std::string> load_flags(const Conditions& conditions) {
  if (conditions.reply_bytes == 0) {
    return {};
  }
  return {"--reply-bytes", std::to_string(conditions.reply_bytes)};
}

}  // namespace coresweep
