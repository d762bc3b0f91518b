// A thread for each connection, which reads and writes blocking: no loop and no readiness.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include "servers/home.hpp"
#include "servers/listen_on.hpp"
#include "servers/server.hpp"
#include "servers/snapshot.hpp"

namespace coresweep {

/// More threads than this would be a test of the kernel's patience.
inline constexpr int kMostConnectionThreads = 4'096;

class ConnectionThreads {
 public:
  explicit ConnectionThreads(Server& server);

  void accept_on(Listener listener);

  /// As LoopGroup::run(), but all threads share the CPUs of --pin.
  void run(const boost::asio::ip::tcp::endpoint& endpoint);

 private:
  void accept();
  void begin(FileDescriptor accepted);
  void serve(FileDescriptor socket, std::size_t number);
  void refuse(const char* why);
  [[nodiscard]] Counts counts();

  Server& server_;
  Home home_;
  Listener listener_;
  bool has_refused_ = false;  // said once
  std::size_t begun_ = 0;
  std::mutex mutex_;
  std::condition_variable left_;
  std::map<std::size_t, ServerThread*> live_;  // by the number of their connection
  Counts gone_{};                              // of threads that have left
};

}  // namespace coresweep
