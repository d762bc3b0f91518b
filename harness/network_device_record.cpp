// The static part: what a sweep's record keeps of a host's network device.
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "harness/device_interrupts.hpp"
#include "harness/ethtool_ioctl.hpp"
#include "harness/host_files.hpp"
#include "harness/network_device.hpp"
#include "harness/root_qdisc.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

Json line_or_null(const std::filesystem::path& root, const std::string& file) {
  const HostText read = read_host_line(root, file);
  return read.text ? Json(recordable(*read.text)) : Json();
}

Json mtu_bytes(const std::string& device) {
  ifreq request{};
  if (device.size() >= sizeof(request.ifr_name)) {
    return nullptr;
  }
  device.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::ioctl(socket.get(), SIOCGIFMTU, &request) == 0 ? Json(request.ifr_mtu) : Json();
}

// Of each queue in order; null when none has one, as the kernel does not choose between one.
Json masks_of_queues(const std::filesystem::path& root, const std::string& folder,
                     std::string_view kind, std::string_view file) {
  Json masks = Json::array();
  bool has_one = false;
  std::error_code error;
  for (int number = 0;; ++number) {
    const std::string queue = fmt::format("{}/queues/{}-{}", folder, kind, number);
    if (!std::filesystem::is_directory(root / queue.substr(1), error)) {
      return has_one ? masks : Json();
    }
    masks.push_back(line_or_null(root, fmt::format("{}/{}", queue, file)));
    has_one = has_one || !masks.back().is_null();
  }
}

Json interrupts_of(const std::string& device, const std::filesystem::path& root) {
  Json interrupts = Json::array();
  for (const DeviceInterrupt& interrupt : device_interrupts(device, root)) {
    const std::string affinity = fmt::format("/proc/irq/{}/smp_affinity_list", interrupt.irq);
    interrupts.push_back({{"irq", interrupt.irq},
                          {"name", interrupt.name},
                          {"affinity", line_or_null(root, affinity)}});
  }
  return interrupts;
}

}  // namespace

Json network_device_record(const std::string& device, const std::filesystem::path& root) {
  const std::string folder = "/sys/class/net/" + device;
  const auto qdisc = root_qdisc(device);
  Json record = {{"device", device},
                 {"mtu", mtu_bytes(device)},
                 {"qdisc", qdisc ? Json(*qdisc) : Json()},
                 {"xps", masks_of_queues(root, folder, "tx", "xps_cpus")},
                 {"rps", masks_of_queues(root, folder, "rx", "rps_cpus")},
                 {"interrupts", interrupts_of(device, root)}};
  record.update(ethtool_record(ethtool_of(device)));
  return record;
}

}  // namespace coresweep
