#include "harness/link_ending.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace coresweep {
namespace {

std::string why(int code, const std::string& errors) {
  return why_link_ended({code, fmt::format("exited with {}", code), errors}, "hosts/ssh_config");
}

TEST(WhyLinkEnded, NamesWhatTheHostLacks) {
  EXPECT_EQ(why(127, "sh: 1: exec: coresweep/bin/coresweep: not found\n"),
            "has no ~/coresweep/bin/coresweep: deploy: ansible-playbook -i build/hosts/hosts.yml "
            "terraform/ansible/deploy.yml");
  EXPECT_EQ(why(126, "sh: 1: exec: coresweep/bin/coresweep: Exec format error\n"),
            "cannot run coresweep: Exec format error: it is built for another machine: deploy: "
            "ansible-playbook -i build/hosts/hosts.yml terraform/ansible/deploy.yml");
  EXPECT_EQ(why(126, "sh: 1: exec: coresweep/bin/coresweep: Permission denied\n"),
            "cannot run coresweep: its file may not be executed: deploy: ansible-playbook -i "
            "build/hosts/hosts.yml terraform/ansible/deploy.yml");
}

TEST(WhyLinkEnded, TellsAnOlderProgram) {
  EXPECT_EQ(why(2, "coresweep: 'agent' is no command: allowed are run, resume and probe\n"),
            "its coresweep is older and knows no agent: deploy again: ansible-playbook -i "
            "build/hosts/hosts.yml terraform/ansible/deploy.yml");
}

TEST(WhyLinkEnded, NamesThePackageOfAMissingLibrary) {
  const auto missing = [](const std::string& library) {
    return why(127, fmt::format("coresweep/bin/coresweep: error while loading shared libraries: "
                                "{}: cannot open shared object file: No such file or directory\n",
                                library));
  };
  EXPECT_EQ(missing("libhwloc.so.15"),
            "cannot run coresweep: libhwloc.so.15 is missing there: sudo apt-get install "
            "libhwloc15");
  EXPECT_EQ(missing("libother.so.1"), "cannot run coresweep: libother.so.1 is missing there");
}

TEST(WhyLinkEnded, NamesTheVersionThatAnOlderSystemLacks) {
  EXPECT_EQ(why(1, "coresweep/bin/coresweep: /lib/x86_64-linux-gnu/libc.so.6: version "
                   "`GLIBC_2.38' not found (required by coresweep/bin/coresweep)\n"),
            "cannot run coresweep: version 'GLIBC_2.38' not found: build on the older system");
}

TEST(WhyLinkEnded, NamesWhereTheKeysAreSaid) {
  EXPECT_EQ(why(255, "bench@10.77.0.2: Permission denied (publickey).\r\n"),
            "Permission denied (publickey): IdentityFile in hosts/ssh_config");
  EXPECT_EQ(why(255, "@@@@@@@@@@@\r\nSomeone could be eavesdropping\r\n"
                     "Host key verification failed.\r\n"),
            "Host key verification failed: known_hosts named in hosts/ssh_config");
  EXPECT_EQ(why(255, "ssh: Could not resolve hostname client2: Name or service not known\r\n"),
            "Could not resolve hostname client2: Name or service not known: HostName in "
            "hosts/ssh_config");
}

TEST(WhyLinkEnded, TellsThatThereIsNoWayOrNoWayAnyMore) {
  EXPECT_EQ(why(255, "ssh: connect to host 10.77.0.3 port 22: No route to host\r\n"),
            "connect to host 10.77.0.3 port 22: No route to host");
  EXPECT_EQ(why(255, "Timeout, server 10.77.0.3 not responding.\r\n"), "no sign of life for 5 s");
  EXPECT_EQ(why(255, "Connection to 10.77.0.3 closed by remote host.\r\n"),
            "the connection ended: ssh exited with 255: Connection to 10.77.0.3 closed by remote "
            "host.");
  EXPECT_EQ(why(2, "earlier\ncoresweep: missed 5 heartbeats\n"),
            "the connection ended: ssh exited with 2: coresweep: missed 5 heartbeats");
  EXPECT_EQ(why(255, ""), "the connection ended: ssh exited with 255");
}

TEST(WhyLinkEnded, OfAnAgentHereBlamesNoSsh) {
  EXPECT_EQ(why_link_ended({127, "exited with 127", "sh: not found\n"}, ""),
            "the connection ended: the agent exited with 127: sh: not found");
  EXPECT_EQ(why_link_ended({std::nullopt, "was killed by signal 9 (Killed)", ""}, ""),
            "the connection ended: the agent was killed by signal 9 (Killed)");
}

}  // namespace
}  // namespace coresweep
