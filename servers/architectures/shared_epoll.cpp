// shared_epoll: one epoll set that N threads wait for at once: what people imagine
// when they read "one shared epoll". Outside Asio, in which only one thread waits.
//
//              +------------+     thread 0
//   clients -> | listener   | <-> thread 1   all in epoll_wait; whoever is woken has the
//              | epoll set  |     ...        connection until it puts it back (EPOLLONESHOT)
//              +------------+     thread N-1
//
// Saves: no queue of its own and no waking of one thread by another: the kernel hands out what is
//        ready.
// Pays:  the set's lock, which every thread takes at each epoll_wait and each epoll_ctl, and with
//        EPOLLONESHOT an epoll_ctl a batch to put the connection back.
#include "servers/architecture.hpp"
#include "servers/epoll_set.hpp"
#include "servers/listen_on.hpp"

namespace coresweep {

void shared_epoll(Server& server) {
  const ServerOptions& options = server.options();

  // 1. How many loops? One: an epoll set.
  EpollSet set(server);

  // 2. Who listens? One listener, alone on the port, in the set.
  Listener listener = listen_alone(options);
  const auto endpoint = listener.endpoint;

  // 3. Where does an accepted connection live? In the set.
  set.accept_on(std::move(listener));

  // 4. How many threads run each loop? All of them, each waiting for the set itself.
  set.run(endpoint);
}

}  // namespace coresweep
