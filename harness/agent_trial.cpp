#include "harness/agent_trial.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "harness/agent_hello.hpp"
#include "harness/failure.hpp"
#include "harness/load_steps.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// Waits for news end at whole milliseconds.
constexpr nanoseconds kCoarse = 2ms;
// What is ended here has either ended by itself or is of no use any more.
constexpr std::chrono::milliseconds kShortGrace{500};
// The kernel kills what this starts when this process ends, even one that looks at its stdin late.
const std::vector<std::string> kBoundToUs{"setpriv", "--pdeathsig", "KILL"};

std::int64_t epoch_now_ns() {
  return std::chrono::duration_cast<nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// CLOCK_REALTIME itself is waited for: it may be slewed meanwhile.
void sleep_until(std::int64_t epoch_ns) {
  const timespec at{.tv_sec = epoch_ns / 1'000'000'000, .tv_nsec = epoch_ns % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

template <typename Value>
Value field_of(const Json& word, const char* key) {
  try {
    return word.at(key).get<Value>();
  } catch (const Json::exception&) {
    throw WrongUsage(fmt::format("{:.200} on stdin has no proper \"{}\"", word.dump(), key));
  }
}

// Somebody may have changed it since the sweep began.
void require_wanted_state() {
  if (const auto complaints = own_state_complaints(); !complaints.empty()) {
    throw Breakdown{fmt::format("{}", fmt::join(complaints, "; "))};
  }
}

}  // namespace

AgentTrial::AgentTrial(const Programs& programs, std::string device, const StopSignals& signals)
    : programs_(programs), device_(std::move(device)), dialogue_(signals) {}

Json AgentTrial::answer(const Json& word) {
  const auto ended = [this](const char* event, const std::string& reason) {
    return Json{{"event", event}, {"reason", reason}, {"errors", end_all()}};
  };
  try {
    return carry_out(word);
  } catch (const Breakdown& breakdown) {
    return ended("broken", breakdown.reason);
  } catch (const Json::exception& error) {
    return ended("broken", fmt::format("a program's line is not as agreed: {}", error.what()));
  } catch (const Failure& failure) {
    return ended("cannot", failure.what());
  }
}

Json AgentTrial::carry_out(const Json& word) {
  const auto what = field_of<std::string>(word, "do");
  if (what == "clock") {
    return {{"event", "clock"}, {"realtime_ns", epoch_now_ns()}};
  }
  if (what == "abandon") {
    return {{"event", "idle"}, {"errors", end_all()}};
  }
  if (what == "serve") {
    return serve(word);
  }
  if (what == "load") {
    return load(word);
  }
  if (what == "window") {
    return window(word);
  }
  if (what == "go") {
    return go(word);
  }
  if (what == "stop") {
    require(Doing::kServing, word);
    return stop();
  }
  throw WrongUsage(fmt::format("'{:.64}' on stdin is no word of coresweep's", what));
}

void AgentTrial::require(Doing doing, const Json& word) const {
  if (doing_ != doing) {
    const char* now = doing_ == Doing::kNothing   ? "runs no program"
                      : doing_ == Doing::kServing ? "serves"
                                                  : "runs a load generator";
    throw WrongUsage(fmt::format("'{}' on stdin is not due: this host {}",
                                 field_of<std::string>(word, "do"), now));
  }
}

Json AgentTrial::serve(const Json& word) {
  require(Doing::kNothing, word);
  require_wanted_state();
  const auto name = field_of<std::string>(word, "program");
  const bool is_io_uring = name == "greeter-io_uring";
  if (!is_io_uring && name != "greeter") {
    throw WrongUsage(fmt::format("'{:.64}' on stdin is no server of coresweep's", name));
  }
  if (is_io_uring && programs_.greeter_io_uring.empty()) {
    throw Failure("greeter-io_uring is not built");
  }
  ServerStart start;
  start.command = field_of<std::vector<std::string>>(word, "flags");
  start.command.insert(start.command.begin(),
                       is_io_uring ? programs_.greeter_io_uring : programs_.greeter);
  start.command.insert(start.command.begin(), kBoundToUs.begin(), kBoundToUs.end());
  start.surroundings.cpus = field_of<std::vector<int>>(word, "cpus");
  doing_ = Doing::kServing;
  server_ = own_server(std::move(start), dialogue_);
  server_->start();
  network_before_ = read_network_counters();
  return {{"event", "serving"}};
}

Json AgentTrial::window(const Json& word) {
  require(Doing::kServing, word);
  const auto begin_ns = field_of<std::int64_t>(word, "begin_ns");
  const auto end_ns = field_of<std::int64_t>(word, "end_ns");
  HostWindow host(field_of<std::vector<int>>(word, "cpus"), device_);
  // All clients are connected by now.
  const Json connecting = network_between(network_before_, read_network_counters());
  if (const std::int64_t late_ns = epoch_now_ns() - begin_ns; late_ns > 0) {
    throw Breakdown{fmt::format("was told of the window {:.3f} s after it began",
                                static_cast<double>(late_ns) / 1e9)};
  }
  const std::int64_t begin_late_ns = wait_for(begin_ns);
  host.begin();
  const Json before = server_->read();
  sample_window(dialogue_, dialogue_.server, nanoseconds(end_ns - begin_ns),
                [&host] { host.sample_frequency(); });
  const std::int64_t end_late_ns = wait_for(end_ns);
  Json did = host.end();
  const Json after = server_->read();
  did["network_connecting"] = connecting;
  return {{"event", "windowed"},
          {"server_window", server_between(before, after)},
          {"host", std::move(did)},
          {"late_ns", {begin_late_ns, end_late_ns}}};
}

// A server that has ended or said something is no reason to wait: reading it tells what is wrong.
std::int64_t AgentTrial::wait_for(std::int64_t epoch_ns) {
  const nanoseconds left(epoch_ns - epoch_now_ns());
  if (dialogue_.stays_quiet(dialogue_.server, ChildProcess::Clock::now() + left - kCoarse)) {
    sleep_until(epoch_ns);
  }
  return epoch_now_ns() - epoch_ns;
}

Json AgentTrial::stop() {
  TrialReadings readings;
  server_->stop(readings);
  return {{"event", "stopped"},
          {"totals",
           {{"requests", readings.server_totals->requests},
            {"connections_accepted", readings.server_totals->connections_accepted}}},
          {"notes", readings.notes},
          {"errors", end_all()}};
}

Json AgentTrial::load(const Json& word) {
  require(Doing::kNothing, word);
  require_wanted_state();
  auto command = field_of<std::vector<std::string>>(word, "flags");
  command.insert(command.begin(), programs_.loadgen);
  command.insert(command.begin(), kBoundToUs.begin(), kBoundToUs.end());
  const nanoseconds most(field_of<std::int64_t>(word, "connect_within_ns"));
  doing_ = Doing::kLoading;
  const LoadBegun begun = begin_load(dialogue_, command, most);
  if (begun.said.at("event") == "ready") {
    return {{"event", "connected"}, {"network_connecting", begun.network_connecting}};
  }
  dialogue_.wait_for_end(dialogue_.load);
  const std::string ending = Dialogue::ending_of(dialogue_.load);
  return {{"event", "cannot_connect"},
          {"failures", begun.said.at("connections_failed")},
          {"ending", ending},
          {"network_connecting", begun.network_connecting},
          {"errors", end_all()}};
}

Json AgentTrial::go(const Json& word) {
  require(Doing::kLoading, word);
  const auto start_ns = field_of<std::int64_t>(word, "start_ns");
  const nanoseconds warmup(field_of<std::int64_t>(word, "warmup_ns"));
  const nanoseconds duration(field_of<std::int64_t>(word, "duration_ns"));
  HostWindow host(field_of<std::vector<int>>(word, "cpus"), device_);
  auto& program = dialogue_.load;
  dialogue_.tell(program, fmt::format("go {}", start_ns).c_str());
  const nanoseconds ahead(std::max<std::int64_t>(start_ns - epoch_now_ns(), 0));
  static_cast<void>(dialogue_.expect(program, "measuring", ahead + warmup + kEdgeSlack));
  host.begin();
  sample_window(dialogue_, program, duration, [&host] { host.sample_frequency(); });
  static_cast<void>(dialogue_.expect(program, "measured", duration + kEdgeSlack));
  Json did = host.end();
  std::optional<LoadReport> report;
  std::string errors;
  finish_load(dialogue_, report, errors);
  static_cast<void>(end_all());
  return {{"event", "report"},
          {"report", report->line},
          {"host", std::move(did)},
          {"errors", errors}};
}

std::string AgentTrial::end_all() {
  std::string errors;
  for (Dialogue::Program* program : {&dialogue_.load, &dialogue_.server}) {
    std::string said;
    Dialogue::end(*program, said, kShortGrace);
    errors += said;
    program->process.reset();
  }
  server_.reset();
  doing_ = Doing::kNothing;
  return errors;
}

}  // namespace coresweep
