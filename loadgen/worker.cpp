#include "loadgen/worker.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kReadSize = 65'536;
// A thread's: 64 MB of times. Nobody waits for the end of such a queue.
constexpr std::uint64_t kMostOverdue = std::uint64_t{8} << 20;
constexpr std::int64_t kSettingsTimeoutNs = 5'000'000'000;

std::string cannot_connect(const Target& target, std::string_view why) {
  return fmt::format("cannot connect to {}: {} (--target)", target.text, why);
}

}  // namespace

Worker::Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
               int connections, int number)
    : options_(options),
      schedule_(schedule),
      number_(number),
      recorder_(schedule),
      buffer_(kReadSize) {
  lanes_.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) {
    lanes_.push_back({Connection(call, static_cast<std::uint32_t>(options.streams)), {}, 0});
  }
}

std::string Worker::open_connections() {
  for (Lane& lane : lanes_) {
    if (const std::string error = lane.connection.connect(options_.target.address);
        !error.empty()) {
      return cannot_connect(options_.target, error);
    }
    ++open_;
    watch(lane, EPOLL_CTL_ADD);
  }
  return await_settings();
}

std::string Worker::await_settings() {
  const std::int64_t deadline = monotonic_ns() + kSettingsTimeoutNs;
  std::size_t ready = 0;
  while (ready < lanes_.size()) {
    if (monotonic_ns() >= deadline) {
      return cannot_connect(options_.target, "no HTTP/2 SETTINGS within 5 s: is it a gRPC server?");
    }
    for (const epoll_event& event : events_.sleep_until(deadline)) {
      Connection& connection = lanes_[event.data.u64].connection;
      const bool was_ready = connection.session().ready();
      if (!connection.read(buffer_, finished_) || !connection.flush()) {
        return cannot_connect(options_.target, connection.lost_because());
      }
      if (!connection.session().ready() || was_ready) {
        continue;
      }
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
  if (options_.arrivals) {
    // A sleeping thread is woken when it asked to be, not within the 50 us that save power.
    ::prctl(PR_SET_TIMERSLACK, 1);
    pacer_.emplace(
        *options_.arrivals, options_.rate_per_s, schedule_.begin,
        // The clients take turns, and within a client its threads.
        Share{options_.phase.index + options_.phase.count * static_cast<std::uint32_t>(number_),
              options_.phase.count * static_cast<std::uint32_t>(options_.threads)},
        options_.seed);
  } else {
    for (Lane& lane : lanes_) {
      for (int i = 0; i < options_.streams; ++i) {
        add_due(lane, now);
      }
      if (lane.connection.is_open()) {
        send_more(lane, monotonic_ns());
      }
    }
  }
  while (true) {
    now = monotonic_ns();
    recorder_.on_step(now, events_.spun_ns());
    const Phase phase = schedule_.phase_at(now);
    if (phase == Phase::over || (phase == Phase::drain && in_flight_ == 0)) {
      break;
    }
    send_what_is_due(now);
    for (const epoll_event& event : wait(now)) {
      on_event(lanes_[event.data.u64], event.events);
      // Hundreds of events may take longer than the next request has time.
      send_what_is_due(monotonic_ns());
    }
  }
  for (Lane& lane : lanes_) {
    lane.connection.close();
  }
}

// Until the next edge at the latest: a thread without answers still has to see it.
std::span<const epoll_event> Worker::wait(std::int64_t now) {
  const std::int64_t edge = schedule_.next_edge(now);
  if (pacer_ && pacer_->next_due() < std::min(edge, schedule_.drain_begin)) {
    return events_.spin_until(pacer_->next_due());
  }
  return events_.sleep_until(edge);
}

bool Worker::sends(std::int64_t now) const { return now < schedule_.drain_begin; }

void Worker::add_due(Lane& lane, std::int64_t due_ns) {
  lane.due.push(due_ns);
  recorder_.on_due(due_ns);
  if (++overdue_ > kMostOverdue) {
    throw std::runtime_error(
        fmt::format("{} requests are due and not sent: the server is that far behind --rate {}",
                    overdue_, options_.rate_per_s));
  }
}

// Each to the next connection in turn, whatever that is doing: a request belongs to a connection,
// so that what one loop of the server cannot take is not taken off it by the others.
void Worker::send_what_is_due(std::int64_t now) {
  if (!pacer_) {
    return;
  }
  due_.clear();
  while (pacer_->next_due() <= now && sends(pacer_->next_due()) && open_ > 0) {
    Lane& lane = next_lane();
    if (lane.due.empty()) {  // else it waits for a slot, or is in the list
      due_.push_back(&lane);
    }
    add_due(lane, pacer_->next_due());
    pacer_->advance();
  }
  for (Lane* const lane : due_) {
    if (lane->connection.is_open()) {
      send_more(*lane, monotonic_ns());
    }
  }
}

// Requires that a connection is open.
Worker::Lane& Worker::next_lane() {
  while (true) {
    Lane& lane = lanes_[turn_++ % lanes_.size()];
    if (lane.connection.is_open()) {
      return lane;
    }
  }
}

void Worker::on_event(Lane& lane, std::uint32_t events) {
  if (!lane.connection.is_open()) {
    return;  // lost earlier in this batch
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) {
    read(lane);
  }
  if (lane.connection.is_open()) {
    send_more(lane, monotonic_ns());
  }
}

void Worker::read(Lane& lane) {
  const bool was_full = !lane.connection.can_start();
  finished_.clear();
  const bool alive = lane.connection.read(buffer_, finished_);
  // After the read: what came with it was here by now.
  const std::int64_t done = monotonic_ns();
  for (const FinishedCall& call : finished_) {
    recorder_.on_finished(call.outcome,
                          {.due = static_cast<std::int64_t>(call.tag.first),
                           .sent = static_cast<std::int64_t>(call.tag.second)},
                          done);
    if (!pacer_ && sends(done)) {
      add_due(lane, done);
    }
  }
  in_flight_ -= finished_.size();
  if (was_full && lane.connection.can_start()) {
    lane.slot_free_ns = done;
  }
  if (!alive) {
    lose(lane, done);
  }
}

// `now` is read before the write, and is when the new calls count as sent.
void Worker::send_more(Lane& lane, std::int64_t now) {
  Connection& connection = lane.connection;
  const bool was_pending = connection.write_pending();
  while (sends(now) && !lane.due.empty() && connection.can_start()) {
    const RequestTimes times{.due = lane.due.pop(), .sent = now};
    --overdue_;
    ++in_flight_;
    connection.start_call(
        {static_cast<std::uint64_t>(times.due), static_cast<std::uint64_t>(times.sent)});
    recorder_.on_sent(times, lane.slot_free_ns);
  }
  if (!connection.flush()) {
    lose(lane, now);
    return;
  }
  if (connection.write_pending() != was_pending) {
    watch(lane, EPOLL_CTL_MOD);
  }
  if (connection.session().going_away() && connection.session().calls_in_flight() == 0) {
    lose(lane, now);
  }
}

void Worker::lose(Lane& lane, std::int64_t now) {
  Connection& connection = lane.connection;
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

void Worker::watch(Lane& lane, int operation) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (lane.connection.write_pending()) {
    event.events |= EPOLLOUT;
  }
  event.data.u64 = static_cast<std::uint64_t>(&lane - lanes_.data());
  if (::epoll_ctl(events_.epoll(), operation, lane.connection.socket(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

LoadFigures Worker::figures() const {
  LoadFigures figures = recorder_.figures();
  for (const Lane& lane : lanes_) {
    figures.unsent += lane.due.size();
  }
  figures.in_flight = in_flight_;
  figures.connections_opened = lanes_.size();
  figures.connections_lost = lost_;
  figures.first_loss = first_loss_;
  const CpuUse& begin = recorder_.cpu_at_begin();
  const CpuUse& end = recorder_.cpu_at_end();
  const auto number = static_cast<std::size_t>(number_);
  const bool knows_delay = begin.run_delay_s >= 0 && end.run_delay_s >= 0;
  figures.threads.push_back(
      {.client = 0,
       .thread = number,
       .cpu = options_.pin.empty() ? std::nullopt : std::optional(options_.pin[number]),
       .connections = lanes_.size(),
       .requests_answered = figures.window.answered,
       .window_s = static_cast<double>(end.at_ns - begin.at_ns) / 1e9,
       .cpu_user_s = end.user_s - begin.user_s,
       .cpu_system_s = end.system_s - begin.system_s,
       .run_delay_s =
           knows_delay ? std::optional(end.run_delay_s - begin.run_delay_s) : std::nullopt,
       .spun_s = end.spun_s - begin.spun_s});
  return figures;
}

}  // namespace coresweep
