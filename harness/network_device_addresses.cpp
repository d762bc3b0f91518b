// Which addresses a host's devices have.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string_view>

#include "harness/network_device.hpp"

namespace coresweep {
namespace {

struct AddressOfDevice {
  std::string device;
  std::string address;
};

std::string address_text(int family, const void* binary) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(family, binary, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::vector<AddressOfDevice> addresses_of_devices() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) {
    return {};
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
  std::vector<AddressOfDevice> found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const int family = entry->ifa_addr == nullptr ? AF_UNSPEC : entry->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) {
      continue;
    }
    const void* const socket_address = entry->ifa_addr;
    const void* const binary =
        family == AF_INET
            ? static_cast<const void*>(&static_cast<const sockaddr_in*>(socket_address)->sin_addr)
            : static_cast<const void*>(
                  &static_cast<const sockaddr_in6*>(socket_address)->sin6_addr);
    // An address with a label has that for its name: "ens5:1" is one of ens5.
    const std::string_view name(entry->ifa_name);
    found.push_back({std::string(name.substr(0, name.find(':'))), address_text(family, binary)});
  }
  return found;
}

// As the kernel's addresses are spelled; empty when it is none.
std::string as_spelled_here(const std::string& address) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, address.c_str(), binary.data()) == 1) {
      return address_text(family, binary.data());
    }
  }
  return "";
}

}  // namespace

std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses;
  for (const AddressOfDevice& found : addresses_of_devices()) {
    addresses.push_back(found.address);
  }
  return addresses;
}

std::optional<std::string> device_of_address(const std::string& address) {
  const std::string wanted = as_spelled_here(address);
  for (const AddressOfDevice& found : addresses_of_devices()) {
    if (found.address == wanted) {
      return found.device;
    }
  }
  return std::nullopt;
}

}  // namespace coresweep
