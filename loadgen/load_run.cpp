#include "loadgen/load_run.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "loadgen/load_report.hpp"
#include "loadgen/load_summary.hpp"
#include "loadgen/run_start.hpp"
#include "loadgen/run_watch.hpp"
#include "loadgen/worker.hpp"
#include "support/duration.hpp"
#include "support/exit.hpp"
#include "support/pin_thread.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// Sockets of this network namespace in TIME_WAIT: /proc/net/sockstat, "TCP: inuse 5 orphan 0 tw 3".
std::uint64_t sockets_in_time_wait() {
  std::ifstream file("/proc/net/sockstat");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    while (word == "TCP:" && words >> word) {
      std::uint64_t count = 0;
      words >> count;
      if (word == "tw") {
        return count;
      }
      word = "TCP:";
    }
  }
  return 0;
}

// Whatever the threads are waiting for: nothing of theirs is worth waiting for.
[[noreturn]] void leave_now() { ::_exit(kExitFailed); }

void print(const Json& event) {
  if (!write_json_line(STDOUT_FILENO, event)) {
    print_error("loadgen", fmt::format("stdout: {}", std::system_category().message(errno)));
    leave_now();
  }
}

// `event` is an eventfd.
void raise(const FileDescriptor& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event.get(), &one, sizeof(one));
}

class LoadRun {
 public:
  explicit LoadRun(const LoadOptions& options)
      : options_(options),
        call_(make_call_template(options.target.text, options.service.path,
                                 {options.service.metadata.begin(), options.service.metadata.end()},
                                 options.service.exchanges)),
        schedule_(0, options.warmup, options.duration),
        finished_(::eventfd(0, EFD_CLOEXEC)),
        raised_(::eventfd(0, EFD_CLOEXEC)) {
    const int threads = options.threads;
    // Dealt out, the busiest first: every thread has of both kinds.
    std::vector<std::vector<double>> weights(static_cast<std::size_t>(threads));
    const std::vector<double> all =
        weights_of(options.spread, static_cast<std::size_t>(options.connections));
    for (std::size_t i = 0; i < all.size(); ++i) {
      weights[i % weights.size()].push_back(all[i]);
    }
    for (int i = 0; i < threads; ++i) {
      const int idle =
          options.idle_connections / threads + (i < options.idle_connections % threads);
      workers_.push_back(std::make_unique<Worker>(options_, call_, schedule_,
                                                  weights[static_cast<std::size_t>(i)],
                                                  static_cast<std::size_t>(idle), i));
    }
  }

  /// Prints the run's events but for the report. Nothing when its connections cannot be opened:
  /// that is said, its threads may be waiting for ever, and only leave_now() is left to do.
  [[nodiscard]] std::optional<LoadReport> run();

 private:
  void work(std::size_t number, std::promise<std::string> opened);
  [[nodiscard]] bool open_connections();
  void print_edges(RunWatch& watch);

  const LoadOptions& options_;
  const CallTemplate call_;
  Schedule schedule_;  // written before start_ is raised, only read after
  FileDescriptor finished_;
  FileDescriptor raised_;  // at the start; never read
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
  std::uint64_t time_wait_at_begin_ = 0;
  std::uint64_t time_wait_at_end_ = 0;
  std::atomic<bool> start_{false};
  std::atomic<std::size_t> running_{0};
};

void LoadRun::work(std::size_t number, std::promise<std::string> opened) {
  ::pthread_setname_np(::pthread_self(), fmt::format("load{}", number).c_str());
  std::string error;
  if (!options_.pin.empty()) {
    if (const auto failed = pin_thread(options_.pin[number])) {
      error = fmt::format("cannot pin thread {} to CPU {}: {}", number, options_.pin[number],
                          failed.message());
    }
  }
  Worker& worker = *workers_[number];
  try {
    error = error.empty() ? worker.open_connections() : error;
  } catch (const std::exception& failed) {
    error = failed.what();
  }
  const bool good = error.empty();
  opened.set_value(std::move(error));
  if (!good) {
    return;
  }
  try {
    worker.await_start(raised_.get());
    while (!start_.load(std::memory_order_acquire)) {  // it is raised after schedule_ is written
    }
    worker.run();
  } catch (const std::exception& failed) {
    print_error("loadgen", failed.what());
    leave_now();
  }
  if (--running_ == 0) {
    raise(finished_);
  }
}

void LoadRun::print_edges(RunWatch& watch) {
  for (const auto& [edge, event] : {std::pair{schedule_.window_begin, "measuring"},
                                    std::pair{schedule_.window_end, "measured"}}) {
    (void)watch.until(edge);  // a process that was stopped is woken as much later, maybe at the end
    print({{"event", event}, {"monotonic_ns", monotonic_ns()}});
    (edge == schedule_.window_begin ? time_wait_at_begin_ : time_wait_at_end_) =
        sockets_in_time_wait();
  }
}

// A thread each, that ends when its worker's run does. False when something failed, which is said.
bool LoadRun::open_connections() {
  running_ = workers_.size();
  std::vector<std::future<std::string>> opened;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    std::promise<std::string> promise;
    opened.push_back(promise.get_future());
    try {
      threads_.emplace_back(
          [this, i, handed = std::move(promise)]() mutable { work(i, std::move(handed)); });
    } catch (const std::system_error& error) {
      print_error("loadgen", fmt::format("cannot start thread {} of --threads {}: {}", i,
                                         options_.threads, error.code().message()));
      return false;
    }
  }
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (const std::string error = opened[i].get(); !error.empty()) {
      if (const ConnectionTally& of = workers_[i]->connections(); of.failed_total() > 0) {
        print({{"event", "cannot_connect"}, {"connections_failed", failures_json(of)}});
      }
      print_error("loadgen", error);
      return false;
    }
  }
  return true;
}

std::optional<LoadReport> LoadRun::run() {
  if (!options_.pin.empty()) {
    const std::vector<int> used(options_.pin.begin(), options_.pin.begin() + options_.threads);
    if (const auto error = confine_thread(used)) {
      throw std::system_error(error, "--pin");
    }
  }
  RunWatch watch(options_.start, finished_.get());
  if (!open_connections()) {
    return std::nullopt;
  }
  print({{"event", "ready"},
         {"connections", options_.connections + options_.idle_connections},
         {"pid", ::getpid()}});
  const RunStart start = await_start(options_, watch);
  schedule_ = Schedule(start.begin_ns, options_.warmup, options_.duration);
  start_ = true;
  raise(raised_);
  print_edges(watch);
  // A process that was stopped wakes with its time over: its threads have as long again.
  const std::int64_t longest = Schedule::kLongestDrain.count();
  if (watch.until(schedule_.drain_end + longest) == RunWatch::Ended::deadline &&
      watch.until(monotonic_ns() + longest) == RunWatch::Ended::deadline) {
    print_error("loadgen", "a load thread did not end: an error in loadgen, or it had no CPU");
    leave_now();
  }
  threads_.clear();  // joins: every worker ends by the drain's end
  LoadReport report{.asked = what_is_asked(options_),
                    .window_begin_epoch_ns = schedule_.window_begin + start.epoch_ahead_ns,
                    .window_s = to_seconds(options_.duration),
                    .figures = {}};
  for (const auto& worker : workers_) {
    report.figures.add(worker->figures());
  }
  report.figures.time_wait_at_begin = time_wait_at_begin_;
  report.figures.time_wait_at_end = time_wait_at_end_;
  return report;
}

// Prints the report of one run and what people want to know of it. False when it failed.
bool say(const LoadReport& report, bool quiet) {
  print(to_json(report));
  if (!quiet) {
    print_summary(report);
  }
  const std::string failed = what_failed(report.figures);
  if (!failed.empty()) {
    print_error("loadgen", failed);
  }
  return failed.empty();
}

}  // namespace

int run_load(LoadOptions options) {
  options.target.address = first_that_listens(resolve(options.target.host, options.target.port));
  if (options.rate_steps.empty()) {
    LoadRun run(options);
    const std::optional<LoadReport> report = run.run();
    if (!report) {
      leave_now();
    }
    return say(*report, options.quiet) ? kExitDone : kExitFailed;
  }
  std::vector<LoadReport> reports;
  const auto say_table = [&](std::optional<std::int64_t> not_begun) {
    if (!options.quiet) {
      fmt::print(stderr, "{}", rate_table(reports, not_begun));
    }
  };
  int exit_code = kExitDone;
  for (const std::int64_t rate : options.rate_steps) {
    options.rate_per_s = rate;
    LoadRun run(options);
    std::optional<LoadReport> report = run.run();
    if (!report) {
      say_table(rate);
      leave_now();
    }
    reports.push_back(*std::move(report));
    exit_code = say(reports.back(), true) ? exit_code : kExitFailed;
    options.start = Start::now;  // the first step's was everybody's
  }
  say_table(std::nullopt);
  return exit_code;
}

}  // namespace coresweep
