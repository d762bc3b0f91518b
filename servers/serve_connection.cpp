#include "servers/serve_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/null_server_session.hpp"
#include "servers/read_buffer.hpp"
#include "servers/server_thread.hpp"

namespace coresweep {
namespace {

using boost::asio::buffer;

// From the connection's start to the end of its preface and first SETTINGS.
constexpr std::chrono::seconds kTimeToGreet{10};

// For a peer that was sent away, and may have sent more before it knows.
constexpr std::chrono::seconds kTimeToLinger{1};
constexpr std::size_t kMostDiscarded = std::size_t{8} << 20;

// One connection's huge replies shall not stay in every thread that it met.
constexpr std::size_t kKeptOutput = 1 << 20;

template <ServerSession Session>
SessionStatus answer(Session& session, Bytes input, ServerThread& thread) {
  const SessionCounts before = session.counts();
  const SessionStatus status = session.receive(input, thread.greeter, thread.output);
  const SessionCounts& after = session.counts();
  ThreadCounters& counters = thread.counters;
  counters.bytes_received.add(input.size());
  counters.requests.add(after.calls_answered - before.calls_answered);
  counters.streams_refused.add(after.streams_refused - before.streams_refused);
  counters.headers_too_large.add(after.headers_too_large - before.headers_too_large);
  counters.messages_too_large.add(after.messages_too_large - before.messages_too_large);
  return status;
}

// Answers what was read, and what lies behind it in the socket when the own buffer came back full.
template <ServerSession Session>
SessionStatus answer_batch(Socket& socket, Session& session, Bytes first, bool is_full,
                           ServerThread& thread) {
  clear_for_reuse(thread.output, kKeptOutput);
  SessionStatus status = answer(session, first, thread);
  if (status == SessionStatus::open && is_full) {
    boost::system::error_code error;
    const std::size_t size = socket.read_some(buffer(thread.input), error);
    if (!error) {
      status = answer(session, {thread.input.data(), size}, thread);
    }
    // An error here meets the next read again; "would block" is none.
  }
  return status;
}

// Writes the thread's output at once, without suspending, as far as the socket takes it. Returns
// what is left: the connection's own copy, since another may use the thread's buffer before it is
// written.
std::string write_now(Socket& socket, ServerThread& thread) {
  boost::system::error_code error;
  const std::size_t sent = socket.write_some(buffer(thread.output), error);
  thread.counters.bytes_sent.add(sent);
  // A broken socket is met again by the write that follows.
  return sent == thread.output.size() ? std::string() : thread.output.substr(sent);
}

// Reads what is there into nothing; returns how much that was.
std::size_t discard(Socket& socket) {
  boost::system::error_code error;
  return socket.read_some(buffer(ServerThread::current().input), error);
}

// A peer that has begun something, a preface, a frame, a request, or is owed a reply, has so long
// to finish any call. One that has nothing open may be silent for ever: idle connections are no
// fault.
template <ServerSession Session>
void limit_time(const Session& session, bool went_on, std::chrono::seconds patience,
                ConnectionRegistry::Entry& entry) {
  if (!session.is_unfinished()) {
    entry.allow_for_ever();
  } else if (went_on || !entry.is_limited()) {
    entry.allow(patience);
  }
}

void count_reason(SessionStatus status, ThreadCounters& counters) {
  counters.protocol_errors.add(status == SessionStatus::broken ? 1 : 0);
  counters.connections_flooding.add(status == SessionStatus::flooded ? 1 : 0);
  counters.connections_not_http2.add(status == SessionStatus::not_http2 ? 1 : 0);
  counters.connections_timed_out.add(status == SessionStatus::timed_out ? 1 : 0);
}

// What ends a connection from this side: the peer's time, or the server's. A stopping server says
// that nothing new shall be begun and lets what has begun come to its end; then, or when its reads
// have been ended, it says GOAWAY for good.
template <ServerSession Session>
SessionStatus end_if_due(Session& session, const ConnectionRegistry::Entry& entry,
                         const boost::system::error_code& read_error, const Loop& loop,
                         bool& draining, std::string& output) {
  if (read_error && entry.is_overdue()) {
    session.shut_down(Goodbye::too_slow, output);
    return SessionStatus::timed_out;
  }
  if (loop.registry.stopping()) {
    if (read_error || !session.is_unfinished()) {
      session.shut_down(Goodbye::stopping, output);
      return SessionStatus::finished;
    }
    if (!std::exchange(draining, true)) {
      session.shut_down(Goodbye::draining, output);
    }
  }
  return read_error ? SessionStatus::lost : SessionStatus::open;
}

void count_closed(Loop& loop) {
  ServerThread::current().counters.connections_closed.add(1);
  loop.open.leave();
}

// The rest of a connection whose peer was sent away: closed with bytes unread, the kernel would
// reset it, and the peer lose our GOAWAY.
ConnectionTask linger(Socket socket, Loop& loop) {
  ConnectionRegistry::Entry entry(loop.registry, socket.native_handle());
  entry.allow(kTimeToLinger);
  std::array<std::uint8_t, 64> own;
  boost::system::error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  std::size_t discarded = 0;
  while (!error && discarded < kMostDiscarded) {
    const auto read = co_await Transfer(
        [&](auto&& handler) { socket.async_read_some(buffer(own), std::move(handler)); });
    error = read.error;
    discarded += read.size + discard(socket);
  }
  count_closed(loop);
}

template <ServerSession Session>
ConnectionTask serve_connection(Socket socket, Loop& loop) {
  SessionStatus status = SessionStatus::open;
  bool draining = false;
  {
    ConnectionRegistry::Entry entry(loop.registry, socket.native_handle());
    entry.allow(std::min(loop.patience, kTimeToGreet));
    Session session;
    ReadBuffer own;
    while (status == SessionStatus::open) {
      const auto [read_error, size] = co_await Transfer([&](auto&& handler) {
        socket.async_read_some(buffer(own.room().data(), own.room().size()), std::move(handler));
      });
      ServerThread& thread = ServerThread::current();
      const std::uint64_t calls_before = session.counts().calls_answered;
      const bool greeted_before = session.has_greeted();
      if (!read_error) {
        const auto room = own.room();
        status = answer_batch(socket, session, room.first(size), size == room.size(), thread);
        own.fit(size);
      } else {
        thread.output.clear();
      }
      if (status == SessionStatus::open) {
        status = end_if_due(session, entry, read_error, loop, draining, thread.output);
      }
      const bool went_on = session.counts().calls_answered != calls_before ||
                           session.has_greeted() != greeted_before;
      limit_time(session, went_on, loop.patience, entry);
      entry.hold(session.held());
      if (status == SessionStatus::open && entry.holds_too_much()) {
        session.shut_down(Goodbye::too_much, thread.output);
        status = SessionStatus::flooded;
      }
      if (thread.output.empty()) {
        continue;
      }
      const std::string rest = write_now(socket, thread);
      if (!rest.empty()) {
        for (std::size_t sent = 0; sent < rest.size();) {
          // Anew for every part that the peer takes.
          entry.hold(session.held() + rest.size());
          entry.allow(loop.patience);
          if (entry.holds_too_much()) {
            status = SessionStatus::flooded;
            break;
          }
          const auto [write_error, size_sent] = co_await Transfer([&](auto&& handler) {
            socket.async_write_some(buffer(rest) + sent, std::move(handler));
          });
          ServerThread::current().counters.bytes_sent.add(size_sent);
          sent += size_sent;
          if (write_error) {
            status = SessionStatus::lost;
            break;
          }
        }
        if (status == SessionStatus::lost && entry.is_overdue()) {
          status = SessionStatus::timed_out;
        }
        entry.hold(session.held());
        limit_time(session, true, loop.patience, entry);
      }
    }
  }
  count_reason(status, ServerThread::current().counters);
  if (status != SessionStatus::lost && status != SessionStatus::not_http2) {
    linger(std::move(socket), loop);
  } else {
    count_closed(loop);
  }
}

}  // namespace

ServeConnection serve_connection_with(Http2 http2) {
  switch (http2) {
    case Http2::lean:
      return serve_connection<LeanServerSession>;
    case Http2::nghttp2:
      return serve_connection<Nghttp2ServerSession>;
    case Http2::null:
      return serve_connection<NullServerSession>;
  }
  __builtin_unreachable();
}

}  // namespace coresweep
