// A worker's requests until they are sent: when they are due, and on which connection.
#include <algorithm>
#include <random>

#include "loadgen/worker.hpp"
#include "support/thread_usage.hpp"

namespace coresweep {
namespace {

// A thread's: 128 MB. Nobody waits for the end of such a queue. What is due beyond is counted, not
// kept.
constexpr std::uint64_t kMostOverdue = std::uint64_t{8} << 20;
// Then answers, and the end of the run, are looked at again, however far behind the thread is.
constexpr int kMostInOneGo = 4'096;

}  // namespace

void Worker::begin_load(std::int64_t now) {
  begun_ = true;
  begun_late_ns_ = static_cast<std::uint64_t>(now - schedule_.begin);
  for (Lane& lane : lanes_) {
    see_width(lane);
  }
  if (options_.arrivals) {
    // The clients take turns, and within a client its threads.
    const Share share{
        options_.phase.index + options_.phase.count * static_cast<std::uint32_t>(number_),
        options_.phase.count * static_cast<std::uint32_t>(options_.threads)};
    const auto rate = static_cast<double>(options_.rate_per_s);
    // A thread with busier connections has more of the load.
    pacer_.emplace(*options_.arrivals, chosen_ ? rate * share_ * options_.threads : rate,
                   schedule_.begin, share, options_.seed);
    return;
  }
  // More than it may have in its life would wait for the next life: a queue of our own making.
  const int slots = options_.requests_per_connection > 0
                        ? std::min(options_.streams, options_.requests_per_connection)
                        : options_.streams;
  for (std::size_t i = 0; i < busy_; ++i) {
    for (int slot = 0; slot < slots; ++slot) {
      make_next_due(lanes_[i], now);
    }
    send_more(lanes_[i], monotonic_ns());
  }
}

// Fixed already, whatever the server does until then; kNever where only answers make something due.
std::int64_t Worker::next_due() const {
  if (!begun_) {
    return schedule_.begin;
  }
  return pacer_ ? pacer_->next_due() : thinking_.next_at();
}

bool Worker::sends(std::int64_t now) const { return now < schedule_.drain_begin; }

void Worker::add_due(Lane& lane, std::int64_t due_ns) {
  lane.due.push({.due_ns = due_ns, .with_slot_ns = lane.slot.free_until(due_ns)});
  recorder_.on_due(due_ns);
  ++overdue_;
}

// In turn, or by its weight, and whatever it is doing: a request belongs to a connection, so that
// what one loop of the server cannot take is not taken off it by the others.
Lane& Worker::choose_lane() { return lanes_[chosen_ ? (*chosen_)(random_) : turn_++ % busy_]; }

void Worker::hand_over(Lane& lane, std::int64_t due_ns) {
  if (overdue_ >= kMostOverdue) {
    ++given_up_;
    recorder_.on_due(due_ns);
    return;
  }
  if (lane.due.empty()) {  // else it waits for a slot, or is in the list
    fresh_.push_back(&lane);
  }
  add_due(lane, due_ns);
}

// In a closed loop, when one of the lane's slots is free.
void Worker::make_next_due(Lane& lane, std::int64_t now) {
  if (options_.think_time.count() > 0) {
    const auto mean = static_cast<double>(options_.think_time.count());
    std::exponential_distribution<double> pause(1 / mean);
    thinking_.push(now + static_cast<std::int64_t>(pause(random_)), number_of(lane));
  } else {
    add_due(lane, now);
  }
}

void Worker::send_what_is_due(std::int64_t now, int most_lanes) {
  if (!begun_ && now >= schedule_.begin) {
    begin_load(now);
  }
  for (int i = 0; i < kMostInOneGo && begun_ && next_due() <= now && sends(next_due()); ++i) {
    const std::int64_t due = next_due();
    if (pacer_) {
      hand_over(choose_lane(), due);
      pacer_->advance();
    } else {
      hand_over(lanes_[thinking_.pop()], due);
    }
  }
  while (!fresh_.empty() && most_lanes > 0) {
    Lane& lane = *fresh_.front();
    fresh_.pop_front();
    if (!lane.due.empty()) {  // else an event of its own came first
      send_more(lane, monotonic_ns());
      --most_lanes;
    }
  }
}

// A schedule that is faster than one can be drawn, at the end of the run: it still adds up.
void Worker::give_up_the_rest() {
  while (pacer_ && sends(pacer_->next_due())) {
    const std::int64_t due = pacer_->next_due();
    const std::uint64_t skipped = pacer_->skip_until(recorder_.counted_alike_until(due));
    recorder_.on_due(due, skipped);
    given_up_ += skipped;
  }
}

}  // namespace coresweep
