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
// To open all before the run: this, and as much again for every connection.
constexpr std::int64_t kOpeningTimeoutNs = 5'000 * kMillisecond;
constexpr std::int64_t kOpeningTimeoutEachNs = kMillisecond;
// And that long with none that opens: the same as for the last answers of a run, so that it ends
// within 2 s. Room for a SYN that is lost once, sent again after 1 s.
constexpr std::int64_t kNoneOpensNs = Schedule::kLongestDrain.count();
// That many at once: a listener's queue has room for them.
constexpr std::size_t kOpeningAtOnce = 64;
// To open one again in the run: room for a SYN that is lost twice, sent again after 1 s and 3 s.
constexpr std::int64_t kReopeningTimeoutNs = 3'500 * kMillisecond;
// For a server that has said GOAWAY to answer what it has taken on.
constexpr std::int64_t kFarewellNs = 1'000 * kMillisecond;
constexpr std::int64_t kLookEveryNs = 250 * kMillisecond;
// One after a loss comes back after the first of these, then after twice as long each time up to
// the second, a quarter more or less; and a thread opens no more than one in the third. Whoever
// restarts a server is not to be run over by us.
constexpr std::int64_t kShortestPauseNs = 100 * kMillisecond;
constexpr std::int64_t kLongestPauseNs = 1'000 * kMillisecond;
constexpr std::int64_t kBetweenReopensNs = kMillisecond;
// In place of a connection's number.
constexpr std::uint64_t kStartRaised = ~std::uint64_t{0};
// Whoever waits for the start looks up that often, for no reason.
constexpr std::int64_t kMinute = 60'000'000'000;

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

// All that there is to say when the time to open connections is over.
std::string Worker::not_in_time(std::int64_t began) {
  for (const Lane& lane : lanes_) {
    if (lane.state == Lane::State::opening) {
      const auto failure = lane.connection.connecting() ? ConnectFailure::timed_out
                                                        : ConnectFailure::no_settings;
      ++connections_.failed[static_cast<std::size_t>(failure)];
    }
  }
  const double none_s = static_cast<double>(kNoneOpensNs) / 1e9;
  if (connections_.opened > 0) {
    return fmt::format("{} of {} connections were open after {:.3g} s", connections_.opened,
                       lanes_.size(), static_cast<double>(monotonic_ns() - began) / 1e9);
  }
  const auto opening = std::ranges::find(lanes_, Lane::State::opening, &Lane::state);
  return opening != lanes_.end() && opening->connection.connecting()
             ? fmt::format("no answer within {:.3g} s", none_s)
             : fmt::format("no HTTP/2 SETTINGS within {:.3g} s: is it a gRPC server?", none_s);
}

std::string Worker::open_connections() {
  const std::int64_t began = monotonic_ns();
  const std::int64_t latest =
      began + kOpeningTimeoutNs + kOpeningTimeoutEachNs * static_cast<std::int64_t>(lanes_.size());
  std::int64_t deadline = began + kNoneOpensNs;
  std::size_t begun = 0;
  while (connections_.opened < lanes_.size()) {
    while (begun < lanes_.size() && begun - connections_.opened < kOpeningAtOnce) {
      begin_open(lanes_[begun++]);
    }
    const std::uint64_t opened = connections_.opened;
    if (connections_.first_loss.empty()) {  // else one failed at once, and there may be no event
      for (const epoll_event& event : events_.sleep_until(deadline)) {
        on_event(lanes_[event.data.u64], event.events);
      }
    }
    if (!connections_.first_loss.empty()) {
      return cannot_connect(options_.target, connections_.first_loss);
    }
    const std::int64_t now = monotonic_ns();
    deadline = connections_.opened > opened ? std::min(latest, now + kNoneOpensNs) : deadline;
    if (now >= deadline && connections_.opened < lanes_.size()) {
      return cannot_connect(options_.target, not_in_time(began));
    }
  }
  for (Lane& lane : lanes_) {
    const std::uint32_t allowed = lane.connection.session().server_max_calls();
    if (allowed < static_cast<std::uint32_t>(options_.streams)) {
      return fmt::format("the server allows {} streams a connection, fewer than --streams {}",
                         allowed, options_.streams);
    }
    lane.wanted_ns = 0;  // what came before the run is not of it
    connections_.segments_connecting += lane.connection.segments();
  }
  return {};
}

void Worker::await_start(int raised) {
  epoll_event start{};
  start.events = EPOLLIN;
  start.data.u64 = kStartRaised;
  ::epoll_ctl(events_.epoll(), EPOLL_CTL_ADD, raised, &start);
  for (bool is_raised = false; !is_raised;) {
    for (const epoll_event& event : events_.sleep_until(monotonic_ns() + kMinute)) {
      if (event.data.u64 == kStartRaised) {
        is_raised = true;
        continue;
      }
      Lane& lane = lanes_[event.data.u64];
      if (lane.state != Lane::State::open) {
        continue;
      }
      Connection& connection = lane.connection;
      const bool was_pending = connection.write_pending();
      finished_.clear();
      if (!connection.read(buffer_, finished_) || !connection.flush() ||
          connection.session().going_away()) {
        let_go(lane, monotonic_ns());
      } else if (connection.write_pending() != was_pending) {
        watch(lane, EPOLL_CTL_MOD);
      }
    }
  }
  ::epoll_ctl(events_.epoll(), EPOLL_CTL_DEL, raised, nullptr);
}

void Worker::begin_open(Lane& lane) {
  const SocketAddress source = spreads_sources_ ? sources_.next() : SocketAddress{};
  lane.state = Lane::State::opening;
  ++opening_;
  lane.started = 0;
  lane.going_away_ns = 0;
  lane.is_narrowed = false;
  lane.rest_came_after_ns = Lane::kNothing;
  lane.connect_began_ns = monotonic_ns();
  lane.wanted_ns = lane.wanted_ns == 0 ? lane.connect_began_ns : lane.wanted_ns;
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
    lane.slot.see(has_slot(lane), monotonic_ns());
    ++connections_.opened;
    see_width(lane);
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
  in_flight_.change(now, -static_cast<std::int64_t>(calls));
  // In a closed loop each would have made the next one due.
  for (std::uint32_t i = 0; !pacer_ && sends(now) && i < calls; ++i) {
    make_next_due(lane, now);
  }
  // One that served well comes back soon, one that is always lost less and less often.
  lane.failures = lane.wanted_ns == 0 ? 0 : lane.failures;
  let_go(lane, now);
}

// Requires that the calls in flight on it are accounted for.
void Worker::let_go(Lane& lane, std::int64_t now) {
  const Connection& connection = lane.connection;
  const ClientSession& session = connection.session();
  if (session.going_away() && session.goaway_error() == 0 && session.calls_in_flight() == 0 &&
      !connection.broke_protocol()) {
    ++connections_.drained;
    if (lane.failures == 0) {  // nothing is wrong with it: again at once, as gRPC's own clients
      ++lane.failures;
      close(lane, Connection::Close::orderly);
      reopening_.push(now, number_of(lane));
      return;
    }
  } else {
    ++connections_.lost;
    if (connections_.first_loss.empty()) {
      connections_.first_loss =
          session.goaway_error() != 0
              ? fmt::format("the server said GOAWAY with error {}", session.goaway_error())
          : connection.lost_because().empty() ? "the server said GOAWAY and then no more"
                                              : connection.lost_because();
    }
  }
  close(lane, Connection::Close::orderly);
  reopen_later(lane, now);
}

// A server that said GOAWAY: its last answers are awaited, not for ever.
void Worker::see_off(Lane& lane, std::int64_t now) {
  if (lane.connection.session().calls_in_flight() == 0) {
    lose(lane, now);
  } else if (lane.going_away_ns == 0) {
    lane.going_away_ns = now;
    next_look_ns_ = std::min(next_look_ns_, now + kFarewellNs);
  }
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
  connections_.segments += lane.connection.close(how);
  lane.state = Lane::State::closed;
  lane.slot.see(false, monotonic_ns());
}

void Worker::reopen_later(Lane& lane, std::int64_t now) {
  const std::int64_t pause = kShortestPauseNs << std::min(lane.failures, 10U);
  ++lane.failures;
  std::uniform_real_distribution<double> around(0.75, 1.25);
  reopening_.push(
      now + static_cast<std::int64_t>(static_cast<double>(std::min(pause, kLongestPauseNs)) *
                                      around(random_)),
      number_of(lane));
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
  // Rarely: only while one is opening or takes its leave, and then four times a second.
  for (Lane& lane : lanes_) {
    if (lane.state == Lane::State::open && lane.going_away_ns != 0) {
      next_look_ns_ = now + kLookEveryNs;
      if (now >= lane.going_away_ns + kFarewellNs) {
        lose(lane, now);
      }
    } else if (lane.state == Lane::State::opening) {
      next_look_ns_ = now + kLookEveryNs;
      if (now >= lane.connect_began_ns + kReopeningTimeoutNs) {
        fail_to_open(
            lane,
            lane.connection.connecting() ? ConnectFailure::timed_out : ConnectFailure::no_settings,
            "no answer to a connection within 3.5 s");
      }
    }
  }
}

}  // namespace coresweep
