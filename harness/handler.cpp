#include "harness/handler.hpp"

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

constexpr std::size_t kMostHandlers = kMostValues;  // of a plan

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

Json time_json(std::chrono::nanoseconds time) { return time_text(time); }
Json reply_json(int bytes) { return bytes; }
Json stall_json(const Stall& stall) { return stall ? Json(stall_text(*stall)) : Json(); }

// Calls `take` with each key, what the name of a cell has for it, its values and their words.
template <typename Take>
void each_key(const HandlerValues& values, const Take& take) {
  take(kHandlerKeys[0], "cpu", values.cpu, time_json);
  take(kHandlerKeys[1], "wait", values.wait, time_json);
  take(kHandlerKeys[2], "reply", values.reply_bytes, reply_json);
  take(kHandlerKeys[3], "stall", values.stall, stall_json);
}

HandlerValues only(const Handler& handler) {
  return {{handler.cpu}, {handler.wait}, {handler.reply_bytes}, {handler.stall}};
}

}  // namespace

HandlerValues read_handlers(const StrictObject& fields, int fewest_threads) {
  HandlerValues values;
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
  const std::size_t handlers =
      values.cpu.size() * values.wait.size() * values.reply_bytes.size() * values.stall.size();
  if (handlers > kMostHandlers) {
    fields.refuse(fmt::format("{}", fmt::join(kHandlerKeys, " x ")), handlers,
                  fmt::format("at most {} different handlers", kMostHandlers));
  }
  return values;
}

std::vector<Handler> handlers_of(const HandlerValues& values) {
  std::vector<Handler> handlers;
  for (const auto cpu : values.cpu) {
    for (const auto wait : values.wait) {
      for (const int reply_bytes : values.reply_bytes) {
        for (const Stall& stall : values.stall) {
          handlers.push_back({cpu, wait, reply_bytes, stall});
        }
      }
    }
  }
  return handlers;
}

Handler read_choice(const StrictObject& fields, const HandlerValues& values) {
  const auto time = [](const char* most) {
    return [most](const Json& value) { return parse_time(value, most); };
  };
  const auto stall = [](const Json& value) {
    return parse_stall(value, std::numeric_limits<int>::max());
  };
  return {choose_value(fields, "handler_cpu", values.cpu, time(kMostCpu), time_json),
          choose_value(fields, "handler_wait", values.wait, time(kMostWait), time_json),
          choose_value(fields, "reply_bytes", values.reply_bytes, parse_reply_bytes, reply_json),
          choose_value(fields, "stall_thread", values.stall, stall, stall_json)};
}

Json to_json(const HandlerValues& values) {
  Json json = Json::object();
  each_key(values, [&json](const auto& key, const char*, const auto& list, const auto& words) {
    json[key] = values_json(list, words);
  });
  return json;
}

Json to_json(const Handler& handler) { return to_json(only(handler)); }

std::string handler_name(const Handler& handler) {
  const Json nothing = to_json(Handler());
  std::vector<std::string> parts;
  each_key(only(handler),
           [&](const auto& key, const char* short_name, const auto& list, const auto& words) {
             if (const Json value = words(list.front()); value != nothing.at(key)) {
               parts.push_back(short_name + words_of(value));
             }
           });
  return fmt::format("{}", fmt::join(parts, "/"));
}

std::string handler_text(const HandlerValues& values, const Handler& handler) {
  const Json own = to_json(handler);
  std::vector<std::string> parts;
  each_key(values, [&](const auto& key, const char*, const auto& list, const auto&) {
    if (list.size() > 1) {
      parts.push_back(fmt::format("{} {}", key, words_of(own.at(key))));
    }
  });
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<std::string> server_flags(const Handler& handler) {
  std::vector<std::string> flags;
  const auto add = [&flags](const char* flag, const std::string& value) {
    flags.emplace_back(flag);
    flags.push_back(value);
  };
  if (handler.cpu > 0ns) {
    add("--handler-cpu", format_duration(handler.cpu));
  }
  if (handler.wait > 0ns) {
    add("--handler-wait", format_duration(handler.wait));
  }
  if (handler.stall) {
    add("--stall-thread", stall_text(*handler.stall));
  }
  return flags;
}

std::vector<std::string> load_flags(const Handler& handler) {
  if (handler.reply_bytes == 0) {
    return {};
  }
  return {"--reply-bytes", std::to_string(handler.reply_bytes)};
}

}  // namespace coresweep
