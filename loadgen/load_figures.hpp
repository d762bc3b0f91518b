// What a run has counted: of one thread, of all, of several clients. All of it adds up exactly,
// also the histograms: a percentile is taken of the whole and never averaged.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/silence.hpp"
#include "support/histogram.hpp"

namespace coresweep {

/// Why a request failed.
enum class Failure : std::uint8_t {
  wrong_status,
  wrong_payload,
  reset,
  goaway,
  connection_lost,
  protocol_error,
};
inline constexpr std::size_t kFailureKinds = 6;
[[nodiscard]] std::string_view name_of(Failure failure);

/// Why a connection could not be opened.
enum class ConnectFailure : std::uint8_t {
  refused,
  reset,
  timed_out,
  ports_short,  ///< every port of the source address is taken towards this target
  no_settings,  ///< connected, but no HTTP/2 came in time, or something else did
  other,
};
inline constexpr std::size_t kConnectFailureKinds = 6;
[[nodiscard]] std::string_view name_of(ConnectFailure failure);

/// What TCP has sent on some connections, by TCP_INFO.
struct Segments {
  std::uint64_t sent = 0;           ///< those sent again too
  std::uint64_t retransmitted = 0;  ///< SYNs too
  /// Of these, the other side had them already and said so (DSACK): its acknowledgement was only
  /// late, as when a thread that answers later than TCP's probe of the tail waits.
  std::uint64_t retransmitted_needlessly = 0;

  Segments& operator+=(const Segments& other);
  Segments& operator-=(const Segments& other);
};

/// Connections, by what became of them.
struct ConnectionTally {
  std::uint64_t opened = 0;  ///< with the server's SETTINGS
  std::uint64_t closed = 0;  ///< by us, when they had had their requests
  std::uint64_t lost = 0;
  std::uint64_t drained = 0;  ///< by the server: it said GOAWAY and answered what it had taken on
  std::uint64_t narrowed = 0;  ///< allowed fewer streams than were asked for, once it was open
  std::array<std::uint64_t, kConnectFailureKinds> failed{};  ///< to open
  std::string first_loss;  ///< how one was lost or failed; empty when none was
  Segments segments_connecting;  ///< until all were open, before the run
  Segments segments;             ///< since then

  [[nodiscard]] std::uint64_t failed_total() const;
  void add(const ConnectionTally& other);
};

/// Requests that ended, by how.
struct Tally {
  std::uint64_t answered = 0;
  std::array<std::uint64_t, kFailureKinds> failed{};

  [[nodiscard]] std::uint64_t failed_total() const;
  void add(const Tally& other);
};

/// One second of the window, or what is left of it at its end.
struct Second {
  struct Bucket {
    std::uint32_t index;
    std::uint64_t count;
  };
  std::uint64_t due = 0;
  std::uint64_t sent = 0;
  Tally ended;
  /// Latencies from due of those answered in it, by Histogram's buckets, in their order. A second
  /// has some hundred in use, of 28,000.
  std::vector<Bucket> latency_from_due;

  [[nodiscard]] Histogram histogram() const;
  void add(const Second& other);
};

/// The buckets of `histogram` that are in use.
[[nodiscard]] std::vector<Second::Bucket> used_buckets(const Histogram& histogram);

/// One load thread between the window's edges. Seconds of CPU are its own; spun is the part of them
/// in which it looked for something to do.
struct ThreadFigures {
  std::uint64_t client = 0;  ///< which of several that were merged
  std::uint64_t thread = 0;
  std::optional<int> cpu;  ///< that it is pinned to
  std::uint64_t connections = 0;
  std::uint64_t requests_answered = 0;
  std::uint64_t begun_late_ns = 0;  ///< from the run's scheduled begin until it took up its load
  double window_s = 0;
  double cpu_user_s = 0;
  double cpu_system_s = 0;
  std::optional<double> run_delay_s;  ///< ready and without a CPU; none where the kernel is silent
  double spun_s = 0;
  double client_work_ns = 0;           ///< to be added to each request on purpose
  double client_work_measured_ns = 0;  ///< CPU time that it took, of a sample of them

  bool operator==(const ThreadFigures&) const = default;

  /// The share of the window in which it worked. Spinning is counted by the clock, the rest by the
  /// kernel.
  [[nodiscard]] double busy_share() const;
};

/// gRPC's status codes: 0 to 16.
inline constexpr std::size_t kGrpcStatuses = 17;

/// Of the window unless it says otherwise.
struct LoadFigures {
  Tally window;
  Tally whole_life;
  std::uint64_t answered_first_half = 0;
  /// Requests in flight on average, as the slots count them, and as the latencies from sent say:
  /// each request with the part of it that lies in the window. The second lacks those that were
  /// never answered, or lost with their connection.
  double in_flight_mean = 0;
  double in_flight_mean_by_latency = 0;
  /// Times without any answer that touch the window.
  std::vector<Silence> silences;
  /// Of the requests answered in the window; in an open loop of those due in it, whenever they were
  /// answered.
  Histogram latency_from_due;
  Histogram latency_from_sent;
  /// Open loop: of those due in it, the ones that failed or had no answer when the run ended.
  std::uint64_t unanswered = 0;
  /// Of those sent in the window, from when they were due and had a slot.
  Histogram client_late;
  /// Of those in the latencies: for how long, at most, the answer had been there unread (not
  /// counting what waking the thread took). Both are the client's part of a request's own way; what
  /// waits behind others that are late has it in its latency only.
  Histogram client_read_late;
  /// Of connections opened in the run, whose first reply came in the window: from connect() to it,
  /// less what they were open before their first request was due.
  Histogram connect_to_first_reply;
  /// Sockets in TIME_WAIT at the window's edges, on the client's host; of several hosts, the most.
  std::uint64_t time_wait_at_begin = 0;
  std::uint64_t time_wait_at_end = 0;
  std::vector<Second> seconds;
  /// Of requests that failed by wrong_status, whole life: by grpc-status, and last those with none
  /// or with one that gRPC does not know.
  std::array<std::uint64_t, kGrpcStatuses + 1> statuses{};
  std::uint64_t overdue_at_begin = 0;
  std::uint64_t due = 0;  ///< whole life, as all that follow
  std::uint64_t sent = 0;
  std::uint64_t unsent = 0;     ///< due, but not sent when it ended
  std::uint64_t given_up = 0;   ///< of these: more were waiting than are kept
  std::uint64_t in_flight = 0;  ///< sent, but neither answered nor failed when it ended
  ConnectionTally connections;
  std::string first_message;      ///< the first grpc-message of a request that failed
  std::string first_wrong_reply;  ///< what it was; empty when none was
  std::vector<ThreadFigures> threads;

  [[nodiscard]] std::uint64_t due_in_window() const;
  [[nodiscard]] std::uint64_t sent_in_window() const;
  /// The busiest thread's.
  [[nodiscard]] double busy_share() const;
  void add(const LoadFigures& other);
};

/// What speaks against the run, as a line for people; empty when nothing does: every request was
/// answered, no connection was lost, and the sums are right: due = sent + unsent, sent = answered +
/// failed + in flight.
[[nodiscard]] std::string what_failed(const LoadFigures& figures);

}  // namespace coresweep
