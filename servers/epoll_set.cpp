#include "servers/epoll_set.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "servers/accept_connection.hpp"
#include "servers/conversation.hpp"
#include "servers/farewell.hpp"
#include "servers/server_thread.hpp"
#include "servers/socket_options.hpp"
#include "servers/thread_crew.hpp"
#include "servers/with_session.hpp"

namespace coresweep {
namespace {

template <ServerSession Session>
class ConnectionMember final : public EpollSet::Member {
 public:
  ConnectionMember(FileDescriptor socket, Home& home)
      : Member(std::move(socket)), home_(home), talk_(std::in_place, this->socket(), home) {}

  // A read that finds nothing is not made: what comes later wakes somebody again.
  std::uint32_t go_on() override {
    if (talk_) {
      step();
      switch (talk_->wants()) {
        case Wants::read:
          return EPOLLIN;
        case Wants::write:
          return EPOLLOUT;
        case Wants::pause:
          return EpollSet::kPaused;
        case Wants::farewell:
          talk_.reset();
          farewell_.emplace(socket(), home_);
          break;
        case Wants::close:
          talk_.reset();
      }
    }
    if (farewell_ && farewell_->go_on()) {
      return EPOLLIN;
    }
    farewell_.reset();
    count_closed(home_);
    return EpollSet::kGone;
  }

 private:
  void step() {
    ssize_t size = 0;
    if (talk_->wants() == Wants::read) {
      const auto room = talk_->room();
      size = ::recv(socket(), room.data(), room.size(), MSG_DONTWAIT);
      size = size == 0 ? -1 : size;
    } else if (talk_->wants() == Wants::write) {
      const Bytes rest = talk_->rest();
      size = ::send(socket(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    talk_->go_on(failed_if(size < 0), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }

  std::chrono::nanoseconds pause_time() const override { return home_.handler_wait; }

  Home& home_;
  std::optional<Conversation<Session>> talk_;
  std::optional<Farewell> farewell_;
};

class AcceptMember final : public EpollSet::Member {
 public:
  AcceptMember(FileDescriptor socket, EpollSet& set)
      : Member(std::move(socket)), set_(set), entry_(set.home().registry, this->socket()) {}

  // Pauses where accepting fails, and where the kernel has no room for one more watch, by a timer
  // that has its descriptor and its watch from the first.
  std::uint32_t go_on() override {
    ThreadCounters& counters = ServerThread::current().counters;
    for (int i = 0; i < kMostAcceptedInTurn; ++i) {
      Accepted accepted = accept_connection(socket(), SOCK_NONBLOCK, set_.home().registry);
      if (set_.home().registry.stopping()) {
        return EpollSet::kGone;
      }
      if (accepted.result != Accepting::taken) {
        return accepted.result == Accepting::nothing ? EPOLLIN : EpollSet::kPaused;
      }
      if (!set_.home().open.enter()) {
        counters.connections_refused.add(1);
        continue;
      }
      counters.connections_accepted.add(1);
      set_connection_options(accepted.connection.get());
      const bool is_in = set_.add(with_session(
          set_.server().options().http2,
          [&]<class Session>(std::type_identity<Session>) -> std::unique_ptr<EpollSet::Member> {
            return std::make_unique<ConnectionMember<Session>>(std::move(accepted.connection),
                                                               set_.home());
          }));
      if (!is_in) {
        count_closed(set_.home());
        counters.accept_errors.add(1);
        return EpollSet::kPaused;
      }
    }
    return EPOLLIN;
  }

 private:
  std::chrono::nanoseconds pause_time() const override { return kPauseAfterAcceptError; }

  EpollSet& set_;
  ConnectionRegistry::Entry entry_;
};

FileDescriptor checked(int fd, const char* what) {
  if (fd < 0) {
    throw std::system_error(errno, std::system_category(), what);
  }
  return FileDescriptor(fd);
}

}  // namespace

EpollSet::EpollSet(Server& server)
    : server_(server),
      home_(server),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      end_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  if (server.options().threads > 1) {
    server.serve_by_any_thread();
  }
  epoll_event event{};  // data.ptr is null: the sign that every thread shall leave
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, end_.get(), &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

EpollSet::~EpollSet() = default;

void EpollSet::accept_on(Listener listener) {
  auto member = std::make_unique<AcceptMember>(std::move(listener.socket), *this);
  if (!add_timer(*member)) {
    throw std::system_error(errno, std::system_category(), "timerfd");
  }
  if (!add(std::move(member))) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

bool EpollSet::add(std::unique_ptr<Member> member) {
  Member& added = *member;
  {
    const std::lock_guard lock(mutex_);
    members_.emplace(&added, std::move(member));
  }
  if (take_in(added, added.socket(), EPOLLIN)) {
    return true;
  }
  const int reason = errno;
  const std::lock_guard lock(mutex_);
  members_.erase(&added);  // no thread has met it; not the last: who accepts stays
  errno = reason;
  return false;
}

// There may be no memory, or one user's watches be used up (fs.epoll.max_user_watches).
bool EpollSet::take_in(Member& member, int fd, std::uint32_t events) {
  return put(member, fd, events, EPOLL_CTL_ADD);
}

// What is in the set already needs nothing more.
void EpollSet::wait_for(Member& member, int fd, std::uint32_t events) {
  if (!put(member, fd, events, EPOLL_CTL_MOD)) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

bool EpollSet::put(Member& member, int fd, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events | EPOLLONESHOT;
  event.data.ptr = &member;
  member.put_back_.store(true, std::memory_order_release);
  // From here on it is another thread's, which may have closed it already.
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

// Of its own: one timer for all would be one more thing that all share.
bool EpollSet::add_timer(Member& member) {
  FileDescriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.is_open() || !take_in(member, timer.get(), 0)) {
    return false;
  }
  member.timer_ = std::move(timer);
  return true;
}

// False where a timer cannot be had: no descriptor is left, or no watch.
bool EpollSet::pause(Member& member, std::chrono::nanoseconds time) {
  if (!member.timer_.is_open() && !add_timer(member)) {
    return false;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  itimerspec once{};
  once.it_value = {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  ::timerfd_settime(member.timer_.get(), 0, &once, nullptr);
  wait_for(member, member.timer_.get(), EPOLLIN);
  return true;
}

void EpollSet::go_on(Member& member) {
  std::uint32_t next = member.go_on();
  while (next == kPaused && !pause(member, member.pause_time())) {
    next = member.go_on();  // unpaused: late for nobody
  }
  if (next == kGone) {
    const std::lock_guard lock(mutex_);
    members_.erase(&member);
    if (members_.empty()) {
      ::eventfd_write(end_.get(), 1);
    }
  } else if (next != kPaused) {
    wait_for(member, member.socket(), next);
  }
}

// Not by epoll_wait, which loop_waits.cpp counts for Asio: it asks each time whose thread it is.
void EpollSet::serve() {
  ThreadCounters& counters = ServerThread::current().counters;
  while (true) {
    epoll_event event{};
    // One at a time: what is ready belongs to whoever is free, not to whoever asked first.
    const int ready = ::epoll_pwait(epoll_.get(), &event, 1, -1, nullptr);
    counters.loop_waits.add(1);
    if (ready != 1) {
      continue;  // a signal, such as a tracer's
    }
    counters.loop_events.add(1);
    if (event.data.ptr == nullptr) {
      // Held by whoever raised it: what the operator was told before is read before this leaves.
      const std::lock_guard lock(mutex_);
      return;
    }
    Member& member = *static_cast<Member*>(event.data.ptr);
    static_cast<void>(member.put_back_.load(std::memory_order_acquire));
    go_on(member);
  }
}

void EpollSet::run(const boost::asio::ip::tcp::endpoint& endpoint) {
  run_crew(server_, endpoint,
           {.threads = server_.options().threads,
            .serve = [this](std::size_t) { serve(); },
            .homes = {&home_},
            .cut =
                [this] {
                  const std::lock_guard lock(mutex_);
                  ::eventfd_write(end_.get(), 1);
                },
            .every_second = {}});
}

}  // namespace coresweep
