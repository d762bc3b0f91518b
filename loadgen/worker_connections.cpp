// The lives of a worker's connections: opened before the run; in it lost, used up, and opened
// again.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "loadgen/worker.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// To open all before the run: from one that opened to the next.
constexpr std::int64_t kOpeningTimeoutNs = 5'000 * kMillisecond;
// That many at once: a listener's queue has room for them.
constexpr std::size_t kOpeningAtOnce = 64;
// To open one again in the run.
constexpr std::int64_t kReopeningTimeoutNs = 1'000 * kMillisecond;
constexpr std::int64_t kLookEveryNs = 250 * kMillisecond;
// One after a loss comes back after the first of these, then after twice as long each time up to
// the second; and a thread opens no more than one in the third. Whoever restarts a server is not to
// be run over by us.
constexpr std::int64_t kShortestPauseNs = 100 * kMillisecond;
constexpr std::int64_t kLongestPauseNs = 1'000 * kMillisecond;
constexpr std::int64_t kBetweenReopensNs = kMillisecond;

ConnectFailure failure_of(const Connection& connection) {
  switch (connection.error()) {
    case 0:
      return ConnectFailure::no_settings;
    case ECONNREFUSED:
      return ConnectFailure::refused;
    case ECONNRESET:
    case EPIPE:
      return ConnectFailure::reset;
    case ETIMEDOUT:
      return ConnectFailure::timed_out;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return ConnectFailure::ports_short;
    default:
      return ConnectFailure::other;
  }
}

std::string cannot_connect(const Target& target, std::string_view why) {
  return fmt::format("cannot connect to {}: {} (--target)", target.text, why);
}

}  // namespace

std::string Worker::open_connections() {
  std::int64_t deadline = monotonic_ns() + kOpeningTimeoutNs;
  std::size_t begun = 0;
  for (std::uint64_t seen = 0; connections_.opened < lanes_.size();) {
    while (begun < lanes_.size() && begun - connections_.opened < kOpeningAtOnce) {
      begin_open(lanes_[begun++]);
    }
    if (connections_.opened > seen) {
      seen = connections_.opened;
      deadline = monotonic_ns() + kOpeningTimeoutNs;
    }
    for (const epoll_event& event : events_.sleep_until(deadline)) {
      on_event(lanes_[event.data.u64], event.events);
    }
    if (!connections_.first_loss.empty()) {
      return cannot_connect(options_.target, connections_.first_loss);
    }
    if (monotonic_ns() >= deadline) {
      const auto opening = std::ranges::find(lanes_, Lane::State::opening, &Lane::state);
      return cannot_connect(options_.target,
                            opening != lanes_.end() && opening->connection.connecting()
                                ? "no answer within 5 s"
                                : "no HTTP/2 SETTINGS within 5 s: is it a gRPC server?");
    }
  }
  for (Lane& lane : lanes_) {
    const std::uint32_t allowed = lane.connection.session().server_max_calls();
    if (allowed < static_cast<std::uint32_t>(options_.streams)) {
      return fmt::format("the server allows {} streams a connection, fewer than --streams {}",
                         allowed, options_.streams);
    }
    lane.has_replied = true;  // what came before the run is not of it
  }
  return {};
}

void Worker::begin_open(Lane& lane) {
  const SocketAddress source = spreads_sources_ ? sources_.next() : SocketAddress{};
  lane.state = Lane::State::opening;
  ++opening_;
  lane.started = 0;
  lane.has_replied = false;
  lane.connect_began_ns = monotonic_ns();
  if (!lane.connection.begin_connect(options_.target.address,
                                     spreads_sources_ ? &source : nullptr)) {
    fail_to_open(lane, failure_of(lane.connection), lane.connection.lost_because());
    return;
  }
  next_look_ns_ = std::min(next_look_ns_, lane.connect_began_ns + kLookEveryNs);
  watch(lane, EPOLL_CTL_ADD);
}

void Worker::go_on_opening(Lane& lane) {
  Connection& connection = lane.connection;
  const bool was_pending = connection.write_pending();
  finished_.clear();
  if ((connection.connecting() && !connection.finish_connect()) ||
      !connection.read(buffer_, finished_) || !connection.flush()) {
    fail_to_open(lane, failure_of(connection), connection.lost_because());
    return;
  }
  if (connection.write_pending() != was_pending) {
    watch(lane, EPOLL_CTL_MOD);
  }
  if (connection.session().ready()) {
    lane.state = Lane::State::open;
    --opening_;
    lane.slot_free_ns = monotonic_ns();
    ++connections_.opened;
  }
}

bool Worker::is_used_up(const Lane& lane) const {
  return options_.requests_per_connection > 0 &&
         lane.started >= static_cast<std::uint32_t>(options_.requests_per_connection) &&
         lane.connection.session().calls_in_flight() == 0;
}

void Worker::renew(Lane& lane, std::int64_t now) {
  close(lane, options_.abortive_close ? Connection::Close::reset : Connection::Close::orderly);
  ++connections_.closed;
  lane.failures = 0;
  if (sends(now)) {
    begin_open(lane);
  }
}

void Worker::lose(Lane& lane, std::int64_t now) {
  Connection& connection = lane.connection;
  const std::uint32_t calls = connection.session().calls_in_flight();
  recorder_.on_failed(
      connection.broke_protocol() ? Failure::protocol_error : Failure::connection_lost, now, calls);
  in_flight_ -= calls;
  // In a closed loop each would have made the next one due.
  for (std::uint32_t i = 0; !pacer_ && sends(now) && i < calls; ++i) {
    make_next_due(lane, now);
  }
  if (connections_.first_loss.empty()) {
    connections_.first_loss =
        connection.lost_because().empty() ? "the server said GOAWAY" : connection.lost_because();
  }
  ++connections_.lost;
  // One that served well comes back soon, one that is always lost less and less often.
  lane.failures = lane.has_replied ? 0 : lane.failures;
  close(lane, Connection::Close::orderly);
  reopen_later(lane, now);
}

void Worker::fail_to_open(Lane& lane, ConnectFailure failure, std::string_view why) {
  --opening_;
  ++connections_.failed[static_cast<std::size_t>(failure)];
  if (connections_.first_loss.empty()) {
    connections_.first_loss = why;
  }
  close(lane, Connection::Close::orderly);
  reopen_later(lane, monotonic_ns());
}

void Worker::close(Lane& lane, Connection::Close how) {
  lane.connection.close(how);
  lane.state = Lane::State::closed;
}

void Worker::reopen_later(Lane& lane, std::int64_t now) {
  const std::int64_t pause = kShortestPauseNs << std::min(lane.failures, 10U);
  ++lane.failures;
  reopening_.push(now + std::min(pause, kLongestPauseNs), number_of(lane));
}

void Worker::reopen(std::int64_t now) {
  while (sends(now) && reopening_.next_at() <= now && next_reopen_ns_ <= now) {
    begin_open(lanes_[reopening_.pop()]);
    next_reopen_ns_ = now + kBetweenReopensNs;
  }
  if (now < next_look_ns_) {
    return;
  }
  next_look_ns_ = TimerQueue::kNever;
  for (Lane& lane : lanes_) {  // rarely: only while one is opening, and then four times a second
    if (lane.state == Lane::State::opening) {
      next_look_ns_ = now + kLookEveryNs;
      if (now >= lane.connect_began_ns + kReopeningTimeoutNs) {
        fail_to_open(
            lane,
            lane.connection.connecting() ? ConnectFailure::timed_out : ConnectFailure::no_settings,
            "no answer to a connection within 1 s");
      }
    }
  }
}

void Worker::watch(Lane& lane, int operation) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (lane.connection.write_pending()) {
    event.events |= EPOLLOUT;
  }
  event.data.u64 = number_of(lane);
  if (::epoll_ctl(events_.epoll(), operation, lane.connection.socket(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

}  // namespace coresweep
