#include "harness/lifeline.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "harness/agent_protocol.hpp"
#include "harness/failure.hpp"
#include "harness/process_group.hpp"
#include "support/exit.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLongestInput = 1 << 20;
// A controller waits for each reply: so many are no words of one.
constexpr std::size_t kMostWaiting = 64;
constexpr std::string_view kAbandon = "abandon";

FileDescriptor make_event() {
  FileDescriptor event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.is_open()) {
    throw Failure(fmt::format("cannot make an event: {}", std::strerror(errno)));
  }
  return event;
}

void raise_event(const FileDescriptor& event) {
  static_cast<void>(::eventfd_write(event.get(), 1));
}

// What it says to do; nothing when it is no word.
std::string word_of(const std::optional<Json>& line) {
  if (!line || !line->contains("do") || !line->at("do").is_string()) {
    return {};
  }
  return line->at("do").get<std::string>();
}

// The children end by the end of their stdin, too, but one that hangs would not.
[[noreturn]] void end_process() {
  for (const pid_t child : children_of(::getpid())) {
    ::kill(-child, SIGKILL);
  }
  ::_exit(kExitFailed);
}

}  // namespace

Lifeline::Lifeline(int in, int out, const StopSignals& signals)
    : in_(in), out_(out), signals_(signals), news_(make_event()), ending_(make_event()),
      heard_(Clock::now()), thread_([this] { watch(); }) {}

Lifeline::~Lifeline() {
  raise_event(ending_);
  thread_.join();
}

Json Lifeline::take() {
  end_word();
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (is_abandoned_) {
        is_abandoned_ = false;
        is_busy_ = true;
        return {{"do", kAbandon}};
      }
      if (!words_.empty()) {
        const std::string text = std::move(words_.front());
        words_.pop_front();
        std::optional<Json> line = parse_json_line(text);
        if (word_of(line).empty()) {
          throw WrongUsage(fmt::format("'{:.200}' on stdin is no word of coresweep's", text));
        }
        is_busy_ = true;
        return std::move(*line);
      }
    }
    static_cast<void>(is_readable(news_.get(), signals_.descriptor(), Clock::time_point::max()));
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(news_.get(), &count));
    signals_.check();
  }
}

// The interruption may have come when nothing looked for it any more: then it is still due, and
// would interrupt the next word.
void Lifeline::end_word() {
  const std::lock_guard lock(mutex_);
  is_busy_ = false;
  if (std::exchange(was_interrupted_, false)) {
    try {
      signals_.check();
    } catch (const Interrupted& interrupted) {
      if (interrupted.signal != SIGINT) {
        throw;
      }
    }
  }
}

void Lifeline::reply(const Json& line) {
  if (is_abandoned()) {
    return;
  }
  const std::lock_guard lock(writing_);
  if (!write_json_line(out_, line)) {
    throw Failure(fmt::format("nobody reads its stdout: {}", std::strerror(errno)));
  }
}

bool Lifeline::is_abandoned() {
  const std::lock_guard lock(mutex_);
  return is_abandoned_;
}

Lifeline::Gone Lifeline::why_gone() {
  const std::lock_guard lock(mutex_);
  return why_gone_;
}

void Lifeline::watch() {
  Clock::time_point next_beat = heard_ + kBeat;
  while (why_gone_ == Gone::kNo) {  // which this thread alone changes
    // Taken before it looks: what came while this process was stopped is there then.
    const auto now = Clock::now();
    if (now >= next_beat) {
      beat();
      next_beat = now + kBeat;
    }
    if (is_readable(in_, ending_.get(), std::min(next_beat, heard_ + kSilence))) {
      read_input();
    } else if (is_readable(ending_.get(), -1, now)) {
      return;
    } else if (now >= heard_ + kSilence) {
      give_up(Gone::kSilent);
    }
  }
  if (!is_readable(ending_.get(), -1, Clock::now() + kLongestEnd)) {
    end_process();
  }
}

void Lifeline::read_input() {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(in_, buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  if (got <= 0) {
    give_up(Gone::kInputEnded);
    return;
  }
  heard_ = Clock::now();
  input_.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t start = 0;
  for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', start)) {
    add_line(std::string_view(input_).substr(start, end - start));
    start = end + 1;
  }
  input_.erase(0, start);
  if (input_.size() > kLongestInput) {
    add_line(input_);  // which is no JSON
    input_.clear();
  }
}

void Lifeline::add_line(std::string_view line) {
  const std::string word = word_of(parse_json_line(line));
  if (word == "beat") {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (word == kAbandon) {
    words_.clear();
    is_abandoned_ = true;
    // Under the mutex: the word cannot end meanwhile without taking notice of it.
    if (is_busy_ && !was_interrupted_) {
      was_interrupted_ = true;
      ::kill(::getpid(), SIGINT);
    }
  } else if (words_.size() < kMostWaiting) {
    words_.emplace_back(line);
  } else {
    words_.back() = "too many words";
  }
  raise_event(news_);
}

// Never waits: a pipe that takes nothing must not keep this thread from its watch, and whoever is
// sending a line is a sign of life itself.
void Lifeline::beat() const {
  const std::unique_lock lock(writing_, std::try_to_lock);
  pollfd out{out_, POLLOUT, 0};
  if (lock.owns_lock() && ::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
    static_cast<void>(write_json_line(out_, {{"event", "beat"}}));
  }
}

void Lifeline::give_up(Gone why) {
  const std::lock_guard lock(mutex_);
  why_gone_ = why;
  ::kill(::getpid(), SIGTERM);
}

// Of `descriptor`; false also when `other` (-1 for none) is what ended the wait.
bool Lifeline::is_readable(int descriptor, int other, Clock::time_point deadline) {
  std::array<pollfd, 2> polled{pollfd{descriptor, POLLIN, 0}, pollfd{other, POLLIN, 0}};
  int most = -1;
  if (deadline != Clock::time_point::max()) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    most = static_cast<int>(std::max<std::chrono::milliseconds::rep>(rest, 0));
  }
  return ::poll(polled.data(), polled.size(), most) > 0 && polled[0].revents != 0;
}

}  // namespace coresweep
