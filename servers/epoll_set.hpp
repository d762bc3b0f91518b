// One epoll set that all threads wait for at once, without Asio: EPOLLONESHOT gives a socket to the
// one thread that was woken for it, until that thread puts it back.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "servers/home.hpp"
#include "servers/listen_on.hpp"
#include "servers/server.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {

class EpollSet {
 public:
  /// A socket in the set, and what is done with it.
  class Member {
   public:
    virtual ~Member() = default;
    /// The socket is ready, and the calling thread's alone. Returns what to wait for next (EPOLLIN,
    /// EPOLLOUT), kPaused, or kGone.
    [[nodiscard]] virtual std::uint32_t go_on() = 0;
    /// Where go_on() returned kPaused: for how long.
    [[nodiscard]] virtual std::chrono::nanoseconds pause_time() const = 0;
    [[nodiscard]] int socket() const { return socket_.get(); }

   protected:
    explicit Member(FileDescriptor socket) : socket_(std::move(socket)) {}

   private:
    friend class EpollSet;
    FileDescriptor socket_;
    FileDescriptor timer_;  // in the set as well, for pauses; made at the first
    // Stored when it is put back, loaded by whoever has it next: the kernel orders the two, but
    // says so to no compiler and no checker.
    std::atomic<bool> put_back_{false};
  };

  static constexpr std::uint32_t kGone = 0;
  static constexpr std::uint32_t kPaused = ~std::uint32_t{0};

  /// Throws std::system_error.
  explicit EpollSet(Server& server);
  ~EpollSet();

  void accept_on(Listener listener);

  /// As LoopGroup::run().
  void run(const boost::asio::ip::tcp::endpoint& endpoint);

  /// Of a thread of the set: begins to wait for `member`. False when the kernel takes no more into
  /// any set (errno says why): `member` is no more.
  [[nodiscard]] bool add(std::unique_ptr<Member> member);

  [[nodiscard]] Home& home() { return home_; }
  [[nodiscard]] Server& server() { return server_; }

 private:
  void serve();
  void go_on(Member& member);
  [[nodiscard]] bool add_timer(Member& member);
  [[nodiscard]] bool pause(Member& member, std::chrono::nanoseconds time);
  [[nodiscard]] bool take_in(Member& member, int fd, std::uint32_t events);
  void wait_for(Member& member, int fd, std::uint32_t events);
  [[nodiscard]] bool put(Member& member, int fd, std::uint32_t events, int operation);

  Server& server_;
  Home home_;
  FileDescriptor epoll_;
  FileDescriptor end_;     // raised when every thread shall leave
  std::mutex mutex_;  // of members_ and end_: at a connection's begin and end, and the server's
  std::unordered_map<Member*, std::unique_ptr<Member>> members_;
};

}  // namespace coresweep
