// What tracers that are programs of their own have in common: found, started, attached, ended,
// read.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/child_process.hpp"
#include "harness/tracer.hpp"

namespace coresweep {

/// Opening an event a thread, or stopping every thread, takes a while.
inline constexpr std::chrono::seconds kTracerAnswer{10};

[[nodiscard]] std::string file_content(const std::string& path);

/// Tools complain over several lines, with hints: the beginning, on one.
[[nodiscard]] std::string on_one_line(const std::string& text);

/// A folder for what a tool writes, gone with this object. Throws Failure.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Attached to processes, and ended by SIGINT unless it says otherwise.
class ToolTracer : public Tracer {
 public:
  [[nodiscard]] std::string tool() const override { return tool_; }
  [[nodiscard]] std::string version(const StopSignals& signals) const override;
  [[nodiscard]] std::string attach(const std::vector<pid_t>& processes,
                                   const StopSignals& signals) override;
  [[nodiscard]] std::string detach(const StopSignals& signals, CountTable& table) override;

 protected:
  ToolTracer(const char* tool, const char* program, const char* version_flag)
      : tool_(tool), program_name_(program), version_flag_(version_flag) {}

  [[nodiscard]] virtual std::vector<std::string> command(const std::string& program,
                                                         const std::vector<pid_t>& processes) = 0;
  [[nodiscard]] virtual bool has_attached(ChildProcess& process,
                                          const std::vector<pid_t>& processes) = 0;
  [[nodiscard]] virtual std::string read_counts(const StopSignals& signals, CountTable& table) = 0;
  virtual void ask_to_end(ChildProcess& process);
  /// `said` with what else is known of the reason.
  [[nodiscard]] virtual std::string explained(const std::string& said) const { return said; }

  [[nodiscard]] const std::string& program() const { return program_; }
  [[nodiscard]] const ChildProcess& process() const { return *process_; }
  [[nodiscard]] std::string output_file() const { return scratch_.file("output"); }

 private:
  const char* tool_;
  const char* program_name_;
  const char* version_flag_;
  ScratchFolder scratch_;
  std::string program_;
  std::optional<ChildProcess> process_;
};

/// One that reads a word from us as soon as it counts, and answers it with a line.
class AnsweringTracer : public ToolTracer {
 protected:
  AnsweringTracer(const char* tool, const char* program, const char* answer)
      : ToolTracer(tool, program, "--version"), answer_(answer) {}

  [[nodiscard]] bool has_attached(ChildProcess& process,
                                  const std::vector<pid_t>& processes) override;

 private:
  const char* answer_;
  bool told_ = false;
};

/// perf opens its events switched off, switches them on when told to, and says when that is done.
class PerfTracer : public AnsweringTracer {
 protected:
  explicit PerfTracer(const char* tool) : AnsweringTracer(tool, "perf", "ack") {}

  [[nodiscard]] std::vector<std::string> perf_command(const std::string& program,
                                                      const char* command,
                                                      const std::vector<pid_t>& processes) const;
};

}  // namespace coresweep
