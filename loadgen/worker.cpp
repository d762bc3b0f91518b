#include "loadgen/worker.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "loadgen/wrong_reply_text.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kReadSize = 65'536;
// Connections that something is sent on for each that is read: more than one, or what is due waits
// for the end of a pass. Those that wait meanwhile have more to send in one write.
constexpr int kMostAfterAnEvent = 2;
constexpr std::int64_t kLongestLastLook = 50'000'000;  // ns
// Well below the ports that one address has, 28,232 unless the host was told otherwise.
constexpr int kMostFromOneAddress = 20'000;
}  // namespace

Worker::Worker(const LoadOptions& options, const CallTemplate& call, const Schedule& schedule,
               const std::vector<double>& weights, std::size_t idle, int number)
    : options_(options),
      schedule_(schedule),
      number_(number),
      recorder_(schedule, options.arrivals ? Recorder::Latencies::due_in_window
                                           : Recorder::Latencies::answered_in_window),
      busy_(weights.size()),
      share_(std::accumulate(weights.begin(), weights.end(), 0.0)),
      work_(options.client_work, schedule),
      requests_(static_cast<std::uint32_t>(call.requests.size())),
      buffer_(kReadSize),
      in_flight_(schedule),
      sources_(number),
      spreads_sources_(SourceAddresses::can_reach(options.target.address) &&
                       (options.requests_per_connection > 0 ||
                        options.connections + options.idle_connections > kMostFromOneAddress)) {
  lanes_.reserve(busy_ + idle);
  for (std::size_t i = 0; i < busy_ + idle; ++i) {
    Lane& lane = lanes_.emplace_back(Connection(call, static_cast<std::uint32_t>(options.streams)));
    // Each connection has them in turn, from another one on: else one whose number of connections
    // they share would always have the same.
    const std::size_t threads = static_cast<std::size_t>(options.threads);
    lane.next_request =
        static_cast<std::uint32_t>((i * threads + static_cast<std::size_t>(number)) % requests_);
  }
  if (options.spread.kind != LoadSpread::Kind::even) {
    chosen_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
  }
  // Another sequence than the pacer's, which has the same seed.
  std::seed_seq seeds{options.seed, options.seed >> 32, std::uint64_t{options.phase.index},
                      static_cast<std::uint64_t>(number), std::uint64_t{0x10ad}};
  random_.seed(seeds);
}

void Worker::run() {
  // A sleeping thread is woken when it asked to be, not within the 50 us that save power.
  ::prctl(PR_SET_TIMERSLACK, 1);
  while (true) {
    const std::int64_t now = monotonic_ns();
    recorder_.on_step(now, events_.spun_ns());
    work_.on_step(now, recorder_.whole_life().answered, events_.spun_ns());
    reopen(now);
    send_what_is_due(now);  // also past the last: what was due until then is counted, and not sent
    const Phase phase = schedule_.phase_at(now);
    // Also what is opening is awaited: the server counts it.
    if (phase == Phase::over ||
        (phase == Phase::drain && in_flight_.count() == 0 && opening_ == 0 && !sends(next_due()))) {
      break;
    }
    for (const epoll_event& event : wait(now)) {
      on_event(lanes_[event.data.u64], event.events);
      // Hundreds of events may take longer than the next request has time. But who sends whatever
      // is due after each, one request a write, reads ever later and never catches up.
      if (!fresh_.empty() || next_due() != TimerQueue::kNever) {
        send_what_is_due(monotonic_ns(), kMostAfterAnEvent);
      }
    }
  }
  read_what_is_there();
  give_up_the_rest();
  // Nothing is said on them any more. Thousands that ended orderly would leave as many ports in
  // TIME_WAIT, a minute long, around which whoever connects next has to look for a free one.
  for (Lane& lane : lanes_) {
    connections_.segments += lane.connection.close(Connection::Close::reset);
  }
}

// At the end: a thread that was stopped over it finds answers that came in time.
void Worker::read_what_is_there() {
  const std::int64_t latest = monotonic_ns() + kLongestLastLook;
  for (std::size_t found = 1; in_flight_.count() > 0 && found > 0 && monotonic_ns() < latest;) {
    const std::span<const epoll_event> events = events_.sleep_until(0);
    for (const epoll_event& event : events) {
      on_event(lanes_[event.data.u64], event.events);
    }
    found = events.size();
  }
}

// Until the next edge at the latest: a thread without answers still has to see it. A connection to
// open can wait the moment that waking takes, a request cannot.
std::span<const epoll_event> Worker::wait(std::int64_t now) {
  const std::int64_t reopening =
      sends(now) ? std::max(reopening_.next_at(), next_reopen_ns_) : TimerQueue::kNever;
  const std::int64_t wake = std::min({schedule_.next_edge(now), reopening, next_look_ns_});
  if (next_due() < std::min(wake, schedule_.drain_begin)) {
    return events_.spin_until(next_due());
  }
  return events_.sleep_until(wake);
}

// The event may be one of an earlier life: none of these does harm when there is nothing to do.
void Worker::on_event(Lane& lane, std::uint32_t events) {
  if (lane.state == Lane::State::opening) {
    go_on_opening(lane);
  } else if (lane.state == Lane::State::open && (events & ~std::uint32_t{EPOLLOUT}) != 0) {
    read(lane);
  }
  send_more(lane, monotonic_ns());
}

void Worker::read(Lane& lane) {
  const std::int64_t came_after = std::min(events_.came_after_ns(), lane.rest_came_after_ns);
  finished_.clear();
  const bool alive = lane.connection.read(buffer_, finished_);
  recorder_.on_read(came_after);
  lane.rest_came_after_ns = lane.connection.may_have_more() ? came_after : Lane::kNothing;
  // After the read: what came with it was here by now.
  const std::int64_t done = monotonic_ns();
  bool is_answered = false;
  for (const FinishedCall& call : finished_) {
    if (call.outcome == CallOutcome::answered) [[likely]] {
      is_answered = true;
    } else {
      see_failure(lane.connection.session());
    }
    recorder_.on_finished(call.outcome,
                          {.due = static_cast<std::int64_t>(call.tag.first),
                           .sent = static_cast<std::int64_t>(call.tag.second)},
                          done, call.grpc_status);
    if (!pacer_ && sends(done)) {
      make_next_due(lane, done);
    }
  }
  work_.spend(finished_.size());
  in_flight_.change(done, -static_cast<std::int64_t>(finished_.size()));
  if (is_answered && lane.wanted_ns != 0) {
    recorder_.on_first_reply(std::exchange(lane.wanted_ns, 0), done);
  }
  // From when the answer was there, at the earliest: what is due waits for us to read it.
  lane.slot.see(has_slot(lane), std::max(came_after, lane.slot.changed_ns()));
  see_width(lane);
  if (!alive) {
    lose(lane, done);
  } else if (is_used_up(lane)) {
    renew(lane, done);
  }
}

void Worker::see_failure(const ClientSession& session) {
  if (first_message_.empty()) {
    first_message_ = session.first_message();
  }
  if (first_wrong_reply_.empty() && session.first_wrong_reply()) {
    first_wrong_reply_ = text_of(*session.first_wrong_reply());
  }
}

// Before the run it is an error at once.
void Worker::see_width(Lane& lane) {
  const std::uint32_t allowed = lane.connection.session().server_max_calls();
  const bool is_used = begun_ && number_of(lane) < busy_;
  if (is_used && !lane.is_narrowed && allowed < static_cast<std::uint32_t>(options_.streams)) {
    lane.is_narrowed = true;
    ++connections_.narrowed;
  }
}

bool Worker::has_slot(const Lane& lane) const {
  const auto most = static_cast<std::uint32_t>(options_.requests_per_connection);
  return lane.connection.can_start() && (most == 0 || lane.started < most);
}

bool Worker::may_start(const Lane& lane, std::int64_t now) const {
  return sends(now) && !lane.due.empty() && has_slot(lane);
}

void Worker::start_calls(Lane& lane, std::int64_t now) {
  const std::uint32_t started_before = lane.started;
  while (may_start(lane, now)) {
    const DueRequest request = lane.due.pop();
    const RequestTimes times{.due = request.due_ns, .sent = now};
    if (lane.started == 0 && lane.wanted_ns != 0) {  // it was open and idle until then
      lane.wanted_ns += std::max(times.due - lane.slot.changed_ns(), std::int64_t{0});
    }
    --overdue_;
    ++lane.started;
    lane.connection.start_call(
        {static_cast<std::uint64_t>(times.due), static_cast<std::uint64_t>(times.sent)},
        lane.next_request);
    lane.next_request = lane.next_request + 1 < requests_ ? lane.next_request + 1 : 0;
    recorder_.on_sent(
        times, std::min(lane.slot.free_until(now) - request.with_slot_ns, now - times.due));
  }
  in_flight_.change(now, lane.started - started_before);
  lane.slot.see(has_slot(lane), now);
}

// `now` is read before the write, and is when the new calls count as sent.
void Worker::send_more(Lane& lane, std::int64_t now) {
  if (lane.state != Lane::State::open) {
    return;
  }
  Connection& connection = lane.connection;
  const bool was_pending = connection.write_pending();
  bool alive = connection.flush();
  lane.slot.see(has_slot(lane), now);
  while (alive && may_start(lane, now)) {
    start_calls(lane, now);
    alive = connection.flush();
    if (has_slot(lane) && !lane.slot.is_free()) {  // the socket took so much that there is room
      now = monotonic_ns();
      lane.slot.see(true, now);
    }
  }
  if (!alive) {
    lose(lane, now);
    return;
  }
  if (connection.write_pending() != was_pending) {
    watch(lane, EPOLL_CTL_MOD);
  }
  if (connection.session().going_away()) {
    see_off(lane, now);
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

LoadFigures Worker::figures() const {
  LoadFigures figures = recorder_.figures();
  for (const Lane& lane : lanes_) {
    figures.unsent += lane.due.size();
    // As its session counts them: then the sum of all that were sent says something.
    figures.in_flight +=
        lane.state == Lane::State::open ? lane.connection.session().calls_in_flight() : 0;
  }
  figures.unsent += given_up_;
  figures.given_up = given_up_;
  figures.first_message = first_message_;
  figures.first_wrong_reply = first_wrong_reply_;
  figures.connections = connections_;
  figures.connections.segments -= connections_.segments_connecting;
  figures.in_flight_mean = in_flight_.mean_in_window();
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
       .begun_late_ns = begun_late_ns_,
       .window_s = static_cast<double>(end.at_ns - begin.at_ns) / 1e9,
       .cpu_user_s = end.user_s - begin.user_s,
       .cpu_system_s = end.system_s - begin.system_s,
       .run_delay_s =
           knows_delay ? std::optional(end.run_delay_s - begin.run_delay_s) : std::nullopt,
       .spun_s = end.spun_s - begin.spun_s,
       .client_work_ns = work_.ns_a_request(),
       .client_work_measured_ns = work_.measured_ns_a_request()});
  return figures;
}

}  // namespace coresweep
