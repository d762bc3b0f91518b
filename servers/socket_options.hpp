// What every accepted connection is told.
#pragma once

namespace coresweep {

/// No delay for small replies; silent and stuck peers are found out by the kernel.
void set_connection_options(int socket);

}  // namespace coresweep
