#include "harness/tool_tracer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "harness/failure.hpp"
#include "harness/program_in_path.hpp"
#include "harness/run_to_end.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = ChildProcess::Clock;

constexpr std::size_t kLongestSaid = 200;

}  // namespace

std::string file_content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string on_one_line(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word && line.size() < kLongestSaid;) {
    line += (line.empty() ? "" : " ") + word;
  }
  return line.size() < kLongestSaid ? line : line.substr(0, kLongestSaid) + "...";
}

ScratchFolder::ScratchFolder() {
  std::string name = std::filesystem::temp_directory_path() / "coresweep-trace-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw Failure(fmt::format("{}: {}", name, std::strerror(errno)));
  }
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ToolTracer::version(const StopSignals& signals) const {
  const auto result = run_to_end({program_, version_flag_}, signals, kTracerAnswer);
  return result.lines.empty() ? "" : result.lines.front();
}

std::string ToolTracer::attach(const std::vector<pid_t>& processes, const StopSignals& signals) {
  program_ = program_in_path(program_name_);
  if (program_.empty()) {
    return fmt::format("{} is not installed", program_name_);
  }
  process_.emplace(command(program_, processes));
  const auto deadline = Clock::now() + kTracerAnswer;
  while (!has_attached(*process_, processes)) {
    if (process_->has_ended()) {
      const std::string said = on_one_line(process_->errors());
      return explained(said.empty() ? process_->ending() : said);
    }
    if (Clock::now() >= deadline) {
      process_->stop(0ms);
      return fmt::format("did not attach within {} s", kTracerAnswer.count());
    }
    wait_for_news({&*process_}, signals, deadline);
  }
  return {};
}

std::string ToolTracer::detach(const StopSignals& signals, CountTable& table) {
  const auto deadline = Clock::now() + kTracerAnswer;
  if (!process_->has_ended()) {
    ask_to_end(*process_);
  }
  while (!process_->has_ended() && Clock::now() < deadline) {
    wait_for_news({&*process_}, signals, deadline);
  }
  if (!process_->has_ended()) {
    process_->stop(0ms);
    return fmt::format("did not end within {} s", kTracerAnswer.count());
  }
  return read_counts(signals, table);
}

void ToolTracer::ask_to_end(ChildProcess& process) { ::kill(process.pid(), SIGINT); }

bool AnsweringTracer::has_attached(ChildProcess& process, const std::vector<pid_t>& /*processes*/) {
  if (!told_) {
    told_ = process.send_line("enable");
  }
  while (const auto line = process.take_line()) {
    if (line->find(answer_) != std::string::npos) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> PerfTracer::perf_command(const std::string& program, const char* command,
                                                  const std::vector<pid_t>& processes) const {
  return {program,  command, "-D",          "-1", "--control",
          "fd:0,1", "-o",    output_file(), "-p", fmt::format("{}", fmt::join(processes, ","))};
}

}  // namespace coresweep
