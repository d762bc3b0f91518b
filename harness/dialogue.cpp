#include "harness/dialogue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/plan.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;
using std::chrono::nanoseconds;

constexpr nanoseconds kEnd = 3s;

// A process that is killed resets its connections some milliseconds before it can be waited for.
constexpr nanoseconds kServersEnd = 100ms;

}  // namespace

// An interruption ends the load before the server it talks to.
Dialogue::~Dialogue() {
  std::string unread;
  end(load, unread);
  end(server, unread);
}

void Dialogue::tell(Program& program, const char* word) {
  if (!program.process->send_line(word)) {
    wait_for_end(program);
    throw breakdown_by(program);
  }
}

Json Dialogue::expect(Program& from, const char* event, nanoseconds most) {
  return expect_any(from, {event}, most);
}

bool Dialogue::stays_quiet(const Program& from, Clock::time_point deadline) {
  const auto has_ended = [](const Program& program) {
    return program.process && program.process->has_ended();
  };
  while (Clock::now() < deadline) {
    if (from.process->has_line() || has_ended(server) || has_ended(load)) {
      return false;
    }
    wait_and_ignore(deadline);
  }
  return true;
}

Json Dialogue::expect_any(Program& from, std::initializer_list<const char*> events,
                          nanoseconds most) {
  const char* event = *events.begin();
  const auto deadline = Clock::now() + most;
  while (true) {
    if (const auto text = from.process->take_line()) {
      auto line = parse_json_line(*text);
      const std::string said = line ? line->value("event", "") : "";
      if (std::ranges::find(events, said) != events.end()) {
        return std::move(*line);
      }
      throw Breakdown{
          fmt::format("the {} said {:.200} where \"{}\" was due", from.name, *text, event)};
    }
    require_running();
    if (from.process->line_is_too_long()) {
      throw Breakdown{fmt::format("the {} wrote a line of more than {} bytes", from.name,
                                  ChildProcess::kLongestLine)};
    }
    if (Clock::now() >= deadline) {
      throw Breakdown{fmt::format("the {} did not say \"{}\" within {}", from.name, event,
                                  format_duration(most))};
    }
    wait_and_ignore(deadline);
  }
}

void Dialogue::wait_for_end(Program& program) {
  const auto deadline = Clock::now() + kEnd;
  while (!program.process->has_ended()) {
    if (Clock::now() >= deadline) {
      throw Breakdown{
          fmt::format("the {} did not end within {}", program.name, format_duration(kEnd))};
    }
    wait_and_ignore(deadline);
  }
}

void Dialogue::wait_and_ignore(Clock::time_point deadline) {
  wait(deadline);
  for (Program* program : {&server, &load}) {
    if (program->process && program->means == Stdout::kIgnored) {
      program->process->discard_output();
    }
  }
}

void Dialogue::wait(Clock::time_point deadline) {
  std::vector<ChildProcess*> running;
  for (Program* program : {&server, &load}) {
    if (program->process) {
      running.push_back(&*program->process);
    }
  }
  wait_for_news(running, signals_, deadline);
}

void Dialogue::require_running() {
  for (const Program* program : {&server, &load}) {
    if (program->process && program->process->has_ended() &&
        (program->means == Stdout::kIgnored || !program->process->has_line())) {
      throw breakdown_by(*program);
    }
  }
}

Breakdown Dialogue::breakdown_by(const Program& program) {
  const auto deadline = Clock::now() + kServersEnd;
  while (server.process && !server.process->has_ended() && Clock::now() < deadline) {
    wait_and_ignore(deadline);
  }
  const bool is_servers = server.process && server.process->has_ended();
  return {ending_of(is_servers ? server : program)};
}

void Dialogue::end(Program& program, std::string& errors, std::chrono::milliseconds grace) {
  if (program.process) {
    program.process->stop(program.means == Stdout::kIgnored ? 0ms : grace);
    errors = program.process->errors();
  }
}

std::string Dialogue::ending_of(const Program& program) {
  std::string said = program.process->last_error_line();
  if (said.empty() && program.means == Stdout::kIgnored) {  // a peer may complain on either
    said = program.process->last_output_line();
  }
  return fmt::format("the {} {}{}{}", program.name, program.process->ending(),
                     said.empty() ? "" : ": ", said);
}

}  // namespace coresweep
