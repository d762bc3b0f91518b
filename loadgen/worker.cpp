#include "loadgen/worker.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kReadSize = 65'536;
constexpr int kEventsAtOnce = 256;
constexpr std::int64_t kSettingsTimeoutNs = 5'000'000'000;

std::string cannot_connect(const Endpoint& target, std::string_view why) {
  return fmt::format("cannot connect to {}: {} (--target)",
                     format_endpoint(target.address, target.port), why);
}

}  // namespace

Worker::Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
               int connections)
    : options_(options),
      schedule_(schedule),
      recorder_(schedule),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kReadSize) {
  if (!epoll_.is_open()) {
    throw std::system_error(errno, std::system_category(), "epoll_create1");
  }
  connections_.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) {
    connections_.emplace_back(call, static_cast<std::uint32_t>(options.streams));
  }
}

std::string Worker::open_connections() {
  for (Connection& connection : connections_) {
    if (const std::string error = connection.connect(options_.target); !error.empty()) {
      return cannot_connect(options_.target, error);
    }
    ++open_;
    watch(connection, EPOLL_CTL_ADD);
  }
  return await_settings();
}

std::string Worker::await_settings() {
  const std::int64_t deadline = monotonic_ns() + kSettingsTimeoutNs;
  std::size_t ready = 0;
  while (ready < connections_.size()) {
    const std::int64_t left_ms = (deadline - monotonic_ns()) / 1'000'000;
    epoll_event event{};
    const int events =
        left_ms > 0 ? ::epoll_wait(epoll_.get(), &event, 1, static_cast<int>(left_ms)) : 0;
    if (events < 0) {
      continue;  // EINTR
    }
    if (events == 0) {
      return cannot_connect(options_.target, "no HTTP/2 SETTINGS within 5 s: is it a gRPC server?");
    }
    Connection& connection = connections_[event.data.u64];
    const bool was_ready = connection.session().ready();
    if (!connection.read(buffer_, finished_) || !connection.flush()) {
      return cannot_connect(options_.target, connection.lost_because());
    }
    if (connection.session().ready() && !was_ready) {
      ++ready;
      if (connection.session().server_max_calls() < static_cast<std::uint32_t>(options_.streams)) {
        return fmt::format("the server allows {} streams a connection, fewer than --streams {}",
                           connection.session().server_max_calls(), options_.streams);
      }
    }
  }
  return {};
}

void Worker::run() {
  std::int64_t now = monotonic_ns();
  for (Connection& connection : connections_) {
    if (connection.is_open()) {
      send_more(connection, now);
    }
  }
  std::array<epoll_event, kEventsAtOnce> events;
  while (open_ > 0) {
    now = monotonic_ns();
    recorder_.on_step(now);
    const Phase phase = schedule_.phase_at(now);
    if (phase == Phase::over || (phase == Phase::drain && in_flight_ == 0)) {
      break;
    }
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsAtOnce, wait(now));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      on_event(connections_[event.data.u64], event.events);
    }
  }
  for (Connection& connection : connections_) {
    connection.close();
  }
}

// Milliseconds until the next edge, rounded up: a thread without answers still has to see it.
int Worker::wait(std::int64_t now) {
  return static_cast<int>((schedule_.next_edge(now) - now) / 1'000'000 + 1);
}

void Worker::on_event(Connection& connection, std::uint32_t events) {
  if (!connection.is_open()) {
    return;  // lost earlier in this batch
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) {
    finished_.clear();
    const bool alive = connection.read(buffer_, finished_);
    // After the read: what came with it was here by now.
    const std::int64_t done = monotonic_ns();
    for (const FinishedCall& call : finished_) {
      recorder_.on_finished(call.outcome, static_cast<std::int64_t>(call.tag), done);
    }
    in_flight_ -= finished_.size();
    if (!alive) {
      lose(connection, done);
      return;
    }
  }
  send_more(connection, monotonic_ns());
}

// `now` is read before the write, and is when the new calls count as sent.
void Worker::send_more(Connection& connection, std::int64_t now) {
  const Phase phase = schedule_.phase_at(now);
  const bool was_pending = connection.write_pending();
  if (phase != Phase::drain && phase != Phase::over) {
    const std::uint32_t started = connection.fill(now);
    recorder_.on_sent(started);
    in_flight_ += started;
  }
  if (!connection.flush()) {
    lose(connection, now);
    return;
  }
  if (connection.write_pending() != was_pending) {
    watch(connection, EPOLL_CTL_MOD);
  }
  if (connection.session().going_away() && connection.session().calls_in_flight() == 0) {
    lose(connection, now);
  }
}

void Worker::lose(Connection& connection, std::int64_t now) {
  const std::uint32_t calls = connection.session().calls_in_flight();
  recorder_.on_failed(
      connection.broke_protocol() ? Failure::protocol_error : Failure::connection_lost, now, calls);
  in_flight_ -= calls;
  if (first_loss_.empty()) {
    first_loss_ =
        connection.lost_because().empty() ? "the server said GOAWAY" : connection.lost_because();
  }
  connection.close();
  --open_;
  ++lost_;
}

void Worker::watch(Connection& connection, int operation) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (connection.write_pending()) {
    event.events |= EPOLLOUT;
  }
  event.data.u64 = static_cast<std::uint64_t>(&connection - connections_.data());
  if (::epoll_ctl(epoll_.get(), operation, connection.socket(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

}  // namespace coresweep
