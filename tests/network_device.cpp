// For hosts_network_test.py: says what is recorded of a network device and what its driver counts
// of losses, and after each line of stdin what the device counted since the line before. The device
// is that of an address.
//   network_device ADDRESS
#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "harness/network_device.hpp"

int main(int, char** words) {
  using namespace coresweep;
  const std::string device = device_of_address(words[1]).value_or("");
  NetworkDeviceReading before = read_network_device(device);
  bool goes_on = write_json_line(
      STDOUT_FILENO, {{"record", network_device_record(device)}, {"losses", before.driver}});
  for (std::string line; goes_on && std::getline(std::cin, line);) {
    NetworkDeviceReading after = read_network_device(device);
    goes_on = write_json_line(STDOUT_FILENO, network_device_between(before, after));
    before = std::move(after);
  }
}
