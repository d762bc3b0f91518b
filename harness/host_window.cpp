#include "harness/host_window.hpp"

#include <unistd.h>

namespace coresweep {

HostWindow::HostWindow(std::vector<int> cpus, std::string device)
    : device_(std::move(device)), frequency_(std::move(cpus)) {}

// The device comes last at either edge: its driver may take a while to answer.
void HostWindow::begin() {
  cpu_ = read_machine_cpu();
  network_ = read_network_counters();
  if (!device_.empty()) {
    before_ = read_network_device(device_);
  }
}

Json HostWindow::end() const {
  const MachineCpu cpu = read_machine_cpu();
  const NetworkCounters network = read_network_counters();
  const Json device =
      before_ ? network_device_between(*before_, read_network_device(device_)) : Json();
  return {{"machine_cpu", machine_cpu_between(cpu_, cpu, ::sysconf(_SC_CLK_TCK))},
          {"network", network_between(network_, network)},
          {"cpu_frequency", frequency_.samples()},
          {"device", device}};
}

}  // namespace coresweep
