#include "servers/connection_threads.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <system_error>
#include <thread>

#include "servers/accept_connection.hpp"
#include "servers/conversation.hpp"
#include "servers/farewell.hpp"
#include "servers/socket_options.hpp"
#include "servers/thread_crew.hpp"
#include "servers/with_session.hpp"
#include "support/exit.hpp"
#include "support/pin_thread.hpp"

namespace coresweep {
namespace {

std::size_t received(ssize_t size) { return static_cast<std::size_t>(std::max<ssize_t>(size, 0)); }

template <ServerSession Session>
void talk_on(int socket, Home& home) {
  bool hears_us = false;
  {
    Conversation<Session> talk(socket, home);
    while (!talk.is_over()) {
      ssize_t size = 0;
      if (talk.wants() == Wants::read) {
        const auto room = talk.room();
        size = ::recv(socket, room.data(), room.size(), 0);
        talk.go_on(failed_if(size <= 0), received(size));
      } else if (talk.wants() == Wants::write) {
        const Bytes rest = talk.rest();
        size = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        talk.go_on(failed_if(size < 0), received(size));
      } else {
        std::this_thread::sleep_for(home.handler_wait);
        talk.go_on(Outcome::done, 0);
      }
    }
    hears_us = talk.wants() == Wants::farewell;
  }
  if (hears_us) {
    Farewell farewell(socket, home);
    auto& input = ServerThread::current().input;
    ssize_t size = 0;
    do {
      size = ::recv(socket, input.data(), input.size(), 0);
      farewell.discarded(received(size));
    } while (size > 0 && farewell.go_on());
  }
  count_closed(home);
}

}  // namespace

ConnectionThreads::ConnectionThreads(Server& server) : server_(server), home_(server) {}

void ConnectionThreads::accept_on(Listener listener) { listener_ = std::move(listener); }

// One line for all that follow: a storm of connects shall not fill a disk.
void ConnectionThreads::refuse(const char* why) {
  server_.threads()[0].counters.connections_refused.add(1);
  if (!std::exchange(has_refused_, true)) {
    print_error("greeter",
                fmt::format("{} connections are open, a thread each, and there can be no more "
                            "({}): others are closed at once",
                            live_.size(), why));
  }
}

void ConnectionThreads::begin(FileDescriptor accepted) {
  const int most = std::min(server_.options().max_connections, kMostConnectionThreads);
  const std::unique_lock lock(mutex_);
  if (live_.size() >= static_cast<std::size_t>(most) || !home_.open.enter()) {
    refuse(most == kMostConnectionThreads ? "its limit" : "--max-connections");
    return;
  }
  set_connection_options(accepted.get());
  const std::size_t number = begun_++;
  live_[number] = nullptr;
  try {
    std::thread([this, number, accepted = std::move(accepted)]() mutable {
      serve(std::move(accepted), number);
    }).detach();
    server_.threads()[0].counters.connections_accepted.add(1);
  } catch (const std::system_error& error) {
    live_.erase(number);
    home_.open.leave();
    refuse(error.code().message().c_str());
  }
}

void ConnectionThreads::serve(FileDescriptor socket, std::size_t number) {
  const auto self = std::make_unique<ServerThread>();
  self->greeter.take_on(server_.handler_cost());
  self->bind();
  {
    const std::lock_guard lock(mutex_);
    live_[number] = self.get();
  }
  with_session(server_.options().http2, [&]<class Session>(std::type_identity<Session>) {
    talk_on<Session>(socket.get(), home_);
  });
  socket.reset();
  const std::lock_guard lock(mutex_);
  add_counts(gone_, self->counters);
  live_.erase(number);
  left_.notify_one();
}

void ConnectionThreads::accept() {
  // Also what it starts: they share all of the CPUs.
  const auto pin = pinned_cpus(server_.options());
  if (!pin.empty() && confine_thread({pin.begin(), pin.end()})) {
    print_error("greeter", "cannot confine the connections' threads to the CPUs of --pin");
  }
  const ConnectionRegistry::Entry entry(home_.registry, listener_.socket.get());
  while (!home_.registry.stopping()) {
    pollfd news{listener_.socket.get(), POLLIN, 0};
    ::poll(&news, 1, -1);
    Accepted accepted = accept_connection(listener_.socket.get(), 0, home_.registry);
    if (home_.registry.stopping()) {
      break;
    }
    if (accepted.result == Accepting::taken) {
      begin(std::move(accepted.connection));
    } else if (accepted.result == Accepting::failing) {
      std::this_thread::sleep_for(kPauseAfterAcceptError);
    }
  }
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return live_.empty(); });
}

Counts ConnectionThreads::counts() {
  const std::lock_guard lock(mutex_);
  Counts counts = gone_;
  add_counts(counts, server_.threads()[0].counters);
  for (const auto& [number, thread] : live_) {
    if (thread != nullptr) {
      add_counts(counts, thread->counters);
    }
  }
  return counts;
}

void ConnectionThreads::run(const boost::asio::ip::tcp::endpoint& endpoint) {
  server_.count_by(
      [this](std::string_view event) { return snapshot_of_all(event, counts()); });
  run_crew(server_, endpoint,
           {.threads = 1,
            .serve = [this](std::size_t) { accept(); },
            .homes = {&home_},
            .cut = [] {},  // with their sockets shut down, all leave by themselves
            .every_second =
                [this] {
                  const std::lock_guard lock(mutex_);
                  const auto thread = live_.find(
                      static_cast<std::size_t>(server_.options().stall.thread));
                  if (server_.options().stall.time.count() > 0 && thread != live_.end() &&
                      thread->second != nullptr) {
                    thread->second->greeter.stall();
                  }
                }});
}

}  // namespace coresweep
