#include "servers/listen_on.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace coresweep {
namespace {

using testing::Each;
using testing::ElementsAre;

// Of a listening socket the kernel says there how many may wait: RFC 793 has no word for it.
int backlog_of(const Listener& listener) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  EXPECT_EQ(::getsockopt(listener.socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return static_cast<int>(info.tcpi_sacked);
}

std::vector<int> backlogs(const ServerOptions& options, int count) {
  std::vector<int> all;
  for (const Listener& listener : listen_sharing(options, count)) {
    all.push_back(backlog_of(listener));
  }
  return all;
}

ServerOptions on_loopback(int backlog) {
  ServerOptions options;
  options.listen = {boost::asio::ip::address_v4::loopback(), 0};
  options.backlog = backlog;
  return options;
}

TEST(ListenOn, EachListenerHasTheWholeBacklog) {
  EXPECT_THAT(backlogs(on_loopback(100), 4), ElementsAre(100, 100, 100, 100));
  EXPECT_EQ(backlog_of(listen_alone(on_loopback(100))), 100);
}

TEST(ListenOn, ADividedBacklogHoldsAsManyInAll) {
  ServerOptions options = on_loopback(100);
  options.divides_backlog = true;
  EXPECT_THAT(backlogs(options, 4), Each(25));
  EXPECT_THAT(backlogs(options, 3), Each(34)) << "rather one more than one less";
  EXPECT_EQ(backlog_of(listen_alone(options)), 100);
}

}  // namespace
}  // namespace coresweep
