// What Asio's loops wait on: a factor of its own, chosen when the program is built. greeter has
// epoll; greeter-io_uring is the same sources, with io_uring.
#pragma once

#include <string>

namespace coresweep {

[[nodiscard]] const char* engine_name();

/// Why loops cannot be had here, for people; empty when they can.
[[nodiscard]] std::string engine_complaint();

}  // namespace coresweep
