#include "servers/engine.hpp"

#include <boost/asio/detail/config.hpp>

#ifdef BOOST_ASIO_HAS_IO_URING
#include <fmt/format.h>
#include <liburing.h>

#include <fstream>
#include <system_error>
#endif

namespace coresweep {

#ifdef BOOST_ASIO_HAS_IO_URING

const char* engine_name() { return "io_uring"; }

std::string engine_complaint() {
  constexpr unsigned kEntries = 16'384;  // what each of Asio's io_contexts asks for
  io_uring ring{};
  const int error = ::io_uring_queue_init(kEntries, &ring, 0);
  if (error == 0) {
    ::io_uring_queue_exit(&ring);
    return {};
  }
  int disabled = 0;
  std::ifstream("/proc/sys/kernel/io_uring_disabled") >> disabled;
  return fmt::format("io_uring cannot be had here: {}{}", std::system_category().message(-error),
                     disabled == 0 ? std::string()
                                   : fmt::format(" (kernel.io_uring_disabled is {})", disabled));
}

#else

const char* engine_name() { return "epoll"; }

std::string engine_complaint() { return {}; }

#endif

}  // namespace coresweep
