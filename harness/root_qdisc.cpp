#include "harness/root_qdisc.hpp"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <string_view>

#include "harness/host_files.hpp"
#include "support/file_descriptor.hpp"

namespace coresweep {
namespace {

struct Disciplines {
  std::string root;
  std::set<std::string> below;
};

// A message's head is copied out: the buffer is bytes, and of no type.
template <typename Head>
std::optional<Head> head_of(std::string_view bytes) {
  Head head{};
  if (bytes.size() < sizeof(head)) {
    return std::nullopt;
  }
  std::memcpy(&head, bytes.data(), sizeof(head));
  return head;
}

std::string_view from(std::string_view bytes, std::size_t first) {
  return bytes.substr(std::min(bytes.size(), first));
}

// The kind among a message's attributes.
std::string kind_in(std::string_view attributes) {
  while (const auto attribute = head_of<rtattr>(attributes)) {
    if (attribute->rta_len < sizeof(rtattr) || attribute->rta_len > attributes.size()) {
      break;
    }
    if (attribute->rta_type == TCA_KIND) {
      const auto text = from(attributes.substr(0, attribute->rta_len), sizeof(rtattr));
      return recordable(text.substr(0, text.find('\0')));
    }
    attributes = from(attributes, RTA_ALIGN(attribute->rta_len));
  }
  return "";
}

// Messages of one datagram. False when the last of all is among them.
bool take_messages(std::string_view bytes, int device, Disciplines& found) {
  while (const auto head = head_of<nlmsghdr>(bytes)) {
    if (head->nlmsg_len < sizeof(nlmsghdr) || head->nlmsg_len > bytes.size() ||
        head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
      return false;
    }
    const std::string_view body = from(bytes.substr(0, head->nlmsg_len), NLMSG_HDRLEN);
    const auto discipline = head_of<tcmsg>(body);
    if (discipline && discipline->tcm_ifindex == device) {
      const std::string kind = kind_in(from(body, NLMSG_ALIGN(sizeof(tcmsg))));
      if (discipline->tcm_parent == TC_H_ROOT) {
        found.root = kind;
      } else if (discipline->tcm_parent != TC_H_INGRESS) {
        found.below.insert(kind);
      }
    }
    bytes = from(bytes, NLMSG_ALIGN(head->nlmsg_len));
  }
  return true;
}

}  // namespace

std::optional<std::string> root_qdisc(const std::string& device) {
  const int index = static_cast<int>(::if_nametoindex(device.c_str()));
  const FileDescriptor kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  struct {
    nlmsghdr head;
    tcmsg body;
  } question{};
  question.head.nlmsg_len = sizeof(question);
  question.head.nlmsg_type = RTM_GETQDISC;
  question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.body.tcm_family = AF_UNSPEC;
  const timeval patience{1, 0};
  if (index == 0 ||
      ::setsockopt(kernel.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
      ::send(kernel.get(), &question, sizeof(question), 0) != sizeof(question)) {
    return std::nullopt;
  }
  Disciplines found;
  std::array<char, 32'768> datagram;
  ssize_t got = 0;
  do {
    got = ::recv(kernel.get(), datagram.data(), datagram.size(), 0);
  } while (got > 0 &&
           take_messages({datagram.data(), static_cast<std::size_t>(got)}, index, found));
  if (found.root.empty()) {
    return std::nullopt;
  }
  for (const char* separator = ": "; const std::string& kind : found.below) {
    found.root += separator + kind;
    separator = ", ";
  }
  return found.root;
}

}  // namespace coresweep
