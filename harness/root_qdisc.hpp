// The discipline of a network device's queue, asked of the kernel by rtnetlink.
#pragma once

#include <optional>
#include <string>

namespace coresweep {

/// The root's kind, such as "fq_codel"; of several queues each kind below it, too: "mq: fq_codel".
/// Nothing when the kernel does not tell, or there is no such device.
[[nodiscard]] std::optional<std::string> root_qdisc(const std::string& device);

}  // namespace coresweep
