// What is said on one connection, whoever waits for its socket: a batch is read, all its calls are
// answered, and what came of it is written once. It never waits: it says what it waits for.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "protocol/server_session.hpp"
#include "servers/home.hpp"
#include "servers/read_buffer.hpp"
#include "servers/server_thread.hpp"

namespace coresweep {

enum class Wants : std::uint8_t {
  read,      ///< bytes from the peer, into room()
  pause,     ///< that its home's handler_wait goes by
  write,     ///< that the socket takes rest(), which it did not so far
  farewell,  ///< it is over: what the peer still sends is read into nothing (Farewell)
  close,     ///< it is over
};

/// What became of what was wanted.
enum class Outcome : std::uint8_t {
  done,    ///< so many bytes were read or written
  failed,  ///< nothing will come of it any more: the peer's end is a read that failed
};

[[nodiscard]] constexpr Outcome failed_if(bool it_did) {
  return it_did ? Outcome::failed : Outcome::done;
}

template <ServerSession Session>
class Conversation {
 public:
  /// On the thread that serves `socket` from now on; the socket must outlive this.
  Conversation(int socket, Home& home)
      : socket_(socket), home_(home), entry_(home.registry, socket) {
    entry_.allow(std::min(home.patience, kTimeToGreet));
    ServerThread::current().counters.connections_begun.add(1);
  }

  [[nodiscard]] Wants wants() const { return wants_; }
  [[nodiscard]] bool is_over() const { return wants_ >= Wants::farewell; }

  /// Where to read to; what is there is looked at by go_on().
  [[nodiscard]] std::span<std::uint8_t> room() { return own_.room(); }
  [[nodiscard]] Bytes rest() const { return as_bytes(rest_).subspan(sent_); }

  /// What was wanted has come; `size` bytes of it were read or written.
  void go_on(Outcome outcome, std::size_t size) {
    switch (wants_) {
      case Wants::read:
        on_read(outcome, size);
        return;
      case Wants::pause:
        write_on();
        return;
      case Wants::write:
        on_written(outcome, size);
        return;
      case Wants::farewell:
      case Wants::close:
        return;
    }
  }

 private:
  // From the connection's start to the end of its preface and first SETTINGS.
  static constexpr std::chrono::seconds kTimeToGreet{10};
  // One connection's huge replies shall not stay in every thread that it met.
  static constexpr std::size_t kKeptOutput = 1 << 20;

  enum class Progress : bool { none, made };

  // Left to the inliner, one line more here makes it a call: 14 instructions a batch.
  [[gnu::always_inline]] void on_read(Outcome outcome, std::size_t size) {
    ServerThread& thread = ServerThread::current();
    const std::uint64_t calls_before = session_.calls_answered();
    const bool greeted_before = session_.has_greeted();
    if (outcome == Outcome::done) {
      answer_batch(size, thread);
      own_.fit(size);
    } else {
      thread.output.clear();
    }
    const std::uint64_t calls = session_.calls_answered() - calls_before;
    thread.counters.requests.add(calls);
    if (status_ == SessionStatus::open) {
      end_if_due(outcome, thread.output);
    }
    const bool went_on = calls > 0 || session_.has_greeted() != greeted_before;
    limit_time(went_on ? Progress::made : Progress::none);
    entry_.hold(session_.held());
    if (status_ == SessionStatus::open && entry_.holds_too_much()) {
      session_.shut_down(Goodbye::too_much, thread.output);
      status_ = SessionStatus::flooded;
    }
    if (status_ != SessionStatus::open) {
      count_end(thread.counters);  // before the peer can know of it
    }
    if (thread.output.empty()) {
      look_on();
    } else if (calls > 0 && home_.handler_wait.count() > 0) {
      rest_ = thread.output;
      entry_.hold(session_.held() + rest_.size());
      wants_ = Wants::pause;
    } else {
      write_now(thread);
    }
  }

  // Answers the `size` bytes that were read, and what lies behind them in the socket when the own
  // buffer came back full.
  void answer_batch(std::size_t size, ServerThread& thread) {
    clear_for_reuse(thread.output, kKeptOutput);
    const auto room = own_.room();
    answer(room.first(size), thread);
    if (status_ == SessionStatus::open && size == room.size()) {
      const ssize_t more =
          ::recv(socket_, thread.input.data(), thread.input.size(), MSG_DONTWAIT);
      if (more > 0) {
        answer({thread.input.data(), static_cast<std::size_t>(more)}, thread);
      }
      // An error here meets the next read again; "would block" is none.
    }
  }

  void answer(Bytes input, ServerThread& thread) {
    thread.counters.reads.add(1);
    thread.counters.bytes_received.add(input.size());
    status_ = session_.receive(input, thread.greeter, thread.output);
  }

  // What ends a connection from this side: the peer's time, or the server's. A stopping server says
  // that nothing new shall be begun and lets what has begun come to its end; then, or when its
  // reads have been ended, it says GOAWAY for good.
  void end_if_due(Outcome read, std::string& output) {
    const bool reads_ended = read == Outcome::failed;
    if (reads_ended && entry_.is_overdue()) {
      session_.shut_down(Goodbye::too_slow, output);
      status_ = SessionStatus::timed_out;
      return;
    }
    if (home_.registry.stopping()) {
      if (reads_ended || !session_.is_unfinished()) {
        session_.shut_down(Goodbye::stopping, output);
        status_ = SessionStatus::finished;
        return;
      }
      if (!std::exchange(draining_, true)) {
        session_.shut_down(Goodbye::draining, output);
      }
    }
    if (reads_ended) {
      status_ = SessionStatus::lost;
    }
  }

  // A peer that has begun something, a preface, a frame, a request, or is owed a reply, has so long
  // to finish any call. One that has nothing open may be silent for ever: idle connections are no
  // fault.
  void limit_time(Progress progress) {
    if (!session_.is_unfinished()) {
      entry_.allow_for_ever();
    } else if (progress == Progress::made || !entry_.is_limited()) {
      entry_.allow(home_.patience);
    }
  }

  // Writes the thread's output at once, as far as the socket takes it. What is left becomes the
  // connection's own, since another may use the thread's buffer before it is written.
  void write_now(ServerThread& thread) {
    const std::size_t sent = send(as_bytes(thread.output), thread);
    if (sent == thread.output.size()) {
      look_on();
    } else {
      rest_.assign(thread.output, sent);
      sent_ = 0;
      await_write();
    }
  }

  // A broken socket is met again by the write that follows.
  std::size_t send(Bytes output, ServerThread& thread) {
    const ssize_t sent =
        ::send(socket_, output.data(), output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) {
      return 0;
    }
    count_written(static_cast<std::size_t>(sent), thread);
    return static_cast<std::size_t>(sent);
  }

  static void count_written(std::size_t size, ServerThread& thread) {
    thread.counters.writes.add(1);
    thread.counters.bytes_sent.add(size);
  }

  // Anew for every part that the peer takes.
  void await_write() {
    entry_.hold(session_.held() + rest_.size() - sent_);
    entry_.allow(home_.patience);
    if (entry_.holds_too_much()) {
      end_as(SessionStatus::flooded);
      end_rest();
    } else {
      wants_ = Wants::write;
    }
  }

  void write_on() {
    sent_ += send(rest(), ServerThread::current());
    if (sent_ < rest_.size()) {
      await_write();
    } else {
      end_rest();
    }
  }

  void on_written(Outcome outcome, std::size_t size) {
    if (size > 0) {
      count_written(size, ServerThread::current());
    }
    sent_ += size;
    if (outcome == Outcome::failed) {
      end_as(entry_.is_overdue() ? SessionStatus::timed_out : SessionStatus::lost);
      end_rest();
    } else if (sent_ < rest_.size()) {
      await_write();
    } else {
      end_rest();
    }
  }

  void end_rest() {
    rest_ = std::string();
    sent_ = 0;
    entry_.hold(session_.held());
    limit_time(Progress::made);
    look_on();
  }

  // While what it ended by first is being written: that stays the reason.
  void end_as(SessionStatus status) {
    const bool is_first = status_ == SessionStatus::open;
    status_ = status;
    if (is_first) {
      count_end(ServerThread::current().counters);
    }
  }

  void count_end(ThreadCounters& counters) const {
    counters.protocol_errors.add(status_ == SessionStatus::broken ? 1 : 0);
    counters.connections_flooding.add(status_ == SessionStatus::flooded ? 1 : 0);
    counters.connections_not_http2.add(status_ == SessionStatus::not_http2 ? 1 : 0);
    counters.connections_timed_out.add(status_ == SessionStatus::timed_out ? 1 : 0);
  }

  void look_on() {
    if (status_ == SessionStatus::open) {
      wants_ = Wants::read;
      return;
    }
    const bool hears_us = status_ != SessionStatus::lost && status_ != SessionStatus::not_http2;
    wants_ = hears_us ? Wants::farewell : Wants::close;
  }

  const int socket_;
  Wants wants_ = Wants::read;
  SessionStatus status_ = SessionStatus::open;
  bool draining_ = false;
  Home& home_;
  ConnectionRegistry::Entry entry_;
  Session session_;
  ReadBuffer own_;
  std::string rest_;  // to be written behind a pause, or what the socket did not take
  std::size_t sent_ = 0;
};

}  // namespace coresweep
