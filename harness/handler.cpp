#include "harness/handler.hpp"

#include <fmt/format.h>

#include <charconv>

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

// "0:200ms"
std::optional<StalledThread> parse_stall(const std::string& text, int fewest_threads) {
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

std::optional<StalledThread> read_stall(const StrictObject& fields, int fewest_threads) {
  const Json* value = fields.find("stall_thread");
  if (value == nullptr || value->is_null()) {
    return std::nullopt;
  }
  const auto read = value->is_string()
                        ? parse_stall(value->get_ref<const std::string&>(), fewest_threads)
                        : std::nullopt;
  if (!read) {
    fields.refuse("stall_thread", *value,
                  fmt::format("null or a server thread and how long it stands still each second, "
                              "such as \"0:200ms\": threads 0 to {}, at most 900ms",
                              fewest_threads - 1));
  }
  return read;
}

std::string stall_text(const StalledThread& stall) {
  return fmt::format("{}:{}", stall.thread, format_duration(stall.length));
}

// As people write "nothing" of a time that is otherwise a few microseconds.
std::string time_text(std::chrono::nanoseconds time) {
  return time == 0ns ? "0ns" : format_duration(time);
}

}  // namespace

Handler read_handler(const StrictObject& fields, int fewest_threads) {
  Handler handler;
  handler.cpu = fields.duration("handler_cpu", "0ns", "0ns", kMostCpu);
  handler.wait = fields.duration("handler_wait", "0ns", "0ns", kMostWait);
  handler.reply_bytes = static_cast<int>(fields.whole_number("reply_bytes", 0, 0, kMostReplyBytes));
  handler.stall = read_stall(fields, fewest_threads);
  return handler;
}

Json to_json(const Handler& handler) {
  return {{"handler_cpu", time_text(handler.cpu)},
          {"handler_wait", time_text(handler.wait)},
          {"reply_bytes", handler.reply_bytes},
          {"stall_thread", handler.stall ? Json(stall_text(*handler.stall)) : Json()}};
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
