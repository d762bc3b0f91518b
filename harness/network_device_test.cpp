#include "harness/network_device.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace coresweep {
namespace {

using testing::Contains;
using testing::Pair;

constexpr int kCpus = 32;
// No machine has a device of that name, so that no driver answers.
const std::string kDevice = "recorded0";

// A host made of files, as the kernel would show it: 32 CPUs, a queue and an interrupt each.
class NetworkDeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "network_device_" + std::to_string(::getpid());
    std::filesystem::remove_all(root_);
    write_received(10);
    write(kFolder + "device/msi_irqs/27", "msix\n");
    for (int cpu = 0; cpu < kCpus; ++cpu) {
      write(fmt::format("{}queues/tx-{}/xps_cpus", kFolder, cpu),
            fmt::format("{:08x}\n", 1U << cpu));
      write(fmt::format("{}queues/rx-{}/rps_cpus", kFolder, cpu), "00000000\n");
      write(fmt::format("{}device/msi_irqs/{}", kFolder, 28 + cpu), "msix\n");
      write(fmt::format("proc/irq/{}/smp_affinity_list", 28 + cpu), fmt::format("{}\n", cpu));
    }
    write_counts(0);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& content) {
    const auto path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }

  void write_received(std::int64_t bytes) {
    write("proc/net/dev",
          "Inter-|   Receive                                                |  Transmit\n"
          " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"
          "    lo: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"
          "recorded01: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n" +
              fmt::format("recorded0:{} 11 12 13 14 15 16 17 20 21 22 23 24 25 26 27\n", bytes));
  }

  // What each CPU has counted: its number, and of CPU 5 so much more.
  void write_counts(int more) {
    std::string heads = "    ";
    std::string received = " NET_RX:";
    std::string sent = " NET_TX:";
    std::string backlog;
    for (int cpu = 0; cpu < kCpus; ++cpu) {
      const int count = cpu + (cpu == 5 ? more : 0);
      heads += fmt::format("       CPU{}", cpu);
      received += fmt::format(" {:10}", count);
      sent += fmt::format(" {:10}", 2 * count);
      // The CPU's number is the 13th column, whatever the order of the lines.
      const int last = kCpus - 1 - cpu;
      backlog += fmt::format(
          "000018e8 {0:08x} {1:08x} {2} {2} {2} {2} {2} {2} {2} {2} {2} {3:08x} {2} {2}\n",
          last == 5 ? more : 0, last, "00000000", last);
    }
    std::string text = heads + "\n";
    for (int irq = 27; irq < 28 + kCpus; ++irq) {
      text += fmt::format("{:3}:", irq);
      for (int cpu = 0; cpu < kCpus; ++cpu) {
        text += fmt::format(" {:10}", irq == 28 + cpu ? cpu + (cpu == 5 ? more : 0) : 0);
      }
      text += fmt::format("   ITS-MSI {} Edge      {}\n", 81920 + irq,
                          irq == 27 ? "ena-mgmnt@pci:0000:00:05.0"
                                    : fmt::format("{}-Tx-Rx-{}", kDevice, irq - 28));
    }
    text += fmt::format("{:3}:", 99);
    for (int cpu = 0; cpu < kCpus; ++cpu) {
      text += fmt::format(" {:10}", more);
    }
    text += "   ITS-MSI 7 Edge      nvme0q1\nIPI0:          1          2  Rescheduling\nErr:  0\n";
    write("proc/interrupts", text);
    write("proc/softirqs", heads + "\n     HI: 1 1\n" + sent + "\n" + received + "\n");
    write("proc/net/softnet_stat", backlog);
  }

  Json record() { return network_device_record(kDevice, root_); }
  NetworkDeviceReading read() { return read_network_device(kDevice, root_); }

  std::filesystem::path root_;
  const std::string kFolder = "sys/class/net/" + kDevice + "/";
};

TEST_F(NetworkDeviceTest, IsRecordedFromTheKernelsFiles) {
  const Json device = record();
  EXPECT_EQ(device.at("device"), kDevice);
  ASSERT_EQ(device.at("xps").size(), 32U);
  EXPECT_EQ(device.at("xps")[31], "80000000");
  ASSERT_EQ(device.at("rps").size(), 32U);
  EXPECT_EQ(device.at("rps")[2], "00000000");
  ASSERT_EQ(device.at("interrupts").size(), 33U);
  EXPECT_EQ(device.at("interrupts")[0], Json::parse(R"({
      "irq": 27, "name": "ena-mgmnt@pci:0000:00:05.0", "affinity": null})"));
  EXPECT_EQ(device.at("interrupts")[32], Json::parse(R"({
      "irq": 59, "name": "recorded0-Tx-Rx-31", "affinity": "31"})"));
}

TEST_F(NetworkDeviceTest, WhatIsNotSaidIsNull) {
  std::filesystem::remove_all(root_);
  EXPECT_EQ(record(), Json::parse(R"({
      "device": "recorded0", "mtu": null, "qdisc": null, "xps": null, "rps": null,
      "interrupts": [], "driver": null, "driver_version": null, "bus": null, "speed_mbps": null,
      "queues": null, "rings": null, "coalescing": null, "rss": null, "offloads": null})"));
  const NetworkDeviceReading reading = read();
  EXPECT_TRUE(reading.counters.empty() && reading.driver.empty() && reading.per_cpu.empty());
}

// The kernel gives a device of one queue the file, and no answer when it is read.
TEST_F(NetworkDeviceTest, AQueueWithoutAMaskIsNullAmongOthers) {
  std::filesystem::remove(root_ / kFolder / "queues/tx-1/xps_cpus");
  EXPECT_TRUE(record().at("xps")[1].is_null());
  for (int queue = 0; queue < kCpus; ++queue) {
    std::filesystem::remove(root_ / kFolder / fmt::format("queues/tx-{}/xps_cpus", queue));
  }
  EXPECT_TRUE(record().at("xps").is_null());
}

TEST_F(NetworkDeviceTest, AVirtioDeviceHasTheInterruptsOfItsBusDevice) {
  std::filesystem::remove_all(root_ / kFolder / "device");
  write("sys/devices/pci/virtio2/features", "");
  write("sys/devices/pci/msi_irqs/30", "msix\n");
  std::filesystem::create_symlink(root_ / "sys/bus/virtio",
                                  root_ / "sys/devices/pci/virtio2/subsystem");
  std::filesystem::create_symlink(root_ / "sys/devices/pci/virtio2", root_ / kFolder / "device");
  ASSERT_EQ(record().at("interrupts").size(), 1U);
  EXPECT_EQ(record().at("interrupts")[0].at("irq"), 30);
}

TEST_F(NetworkDeviceTest, ADeviceWithoutInterruptsOfItsBusHasThoseThatNameIt) {
  std::filesystem::remove_all(root_ / kFolder / "device");
  write("proc/interrupts",
        "     CPU0 CPU3\n"
        " 16:    1    2   IO-APIC  16-fasteoi   ehci_hcd:usb1, recorded0\n"
        " 17:    4    8   PCI-MSI 1-edge      recorded0-rx-0\n"
        " 18:   16   32   PCI-MSI 2-edge      recorded01-rx-0\n"
        " 19:   64  128   PCI-MSI 3-edge      unrecorded0\n"
        "IWI:    1    1   recorded0\n");
  const Json interrupts = record().at("interrupts");
  ASSERT_EQ(interrupts.size(), 2U);
  EXPECT_EQ(interrupts[0].at("name"), "ehci_hcd:usb1, recorded0");
  EXPECT_EQ(interrupts[1].at("name"), "recorded0-rx-0");
  EXPECT_THAT(read().per_cpu.at(0), Contains(Pair("interrupts", 5)));
  EXPECT_THAT(read().per_cpu.at(3), Contains(Pair("interrupts", 10)));
}

TEST_F(NetworkDeviceTest, IsReadByCpu) {
  const NetworkDeviceReading reading = read();
  EXPECT_EQ(reading.counters, (std::map<std::string, std::int64_t>{{"rx_bytes", 10},
                                                                   {"rx_packets", 11},
                                                                   {"rx_errors", 12},
                                                                   {"rx_dropped", 13},
                                                                   {"tx_bytes", 20},
                                                                   {"tx_packets", 21},
                                                                   {"tx_errors", 22},
                                                                   {"tx_dropped", 23}}));
  ASSERT_EQ(reading.per_cpu.size(), 32U);
  EXPECT_EQ(reading.per_cpu.at(31), (std::map<std::string, std::int64_t>{
                                        {"interrupts", 31},
                                        {"net_rx", 31},
                                        {"net_tx", 62},
                                        {"dropped", 0},
                                        {"squeezed", 31}}));
}

TEST_F(NetworkDeviceTest, OlderKernelsNameNoCpuInTheBacklogs) {
  write("proc/net/softnet_stat", "00000001 00000002 00000003 0\n00000001 0000000a ffffffff 0\n");
  EXPECT_EQ(read().per_cpu.at(0).at("dropped"), 2);
  EXPECT_EQ(read().per_cpu.at(1).at("dropped"), 10);
  EXPECT_EQ(read().per_cpu.at(1).at("squeezed"), 4'294'967'295);
  EXPECT_EQ(read().per_cpu.at(2).count("dropped"), 0U);
}

TEST_F(NetworkDeviceTest, OnlyWhatChangedIsKept) {
  const NetworkDeviceReading before = read();
  EXPECT_EQ(network_device_between(before, before).at("per_cpu"), Json::array());
  write_counts(7);
  write_received(1'000'000'010);
  const Json between = network_device_between(before, read());
  EXPECT_EQ(between, Json::parse(R"({
      "counters": {"rx_bytes": 1000000000, "rx_dropped": 0, "rx_errors": 0, "rx_packets": 0,
                   "tx_bytes": 0, "tx_dropped": 0, "tx_errors": 0, "tx_packets": 0},
      "driver": {},
      "per_cpu": [{"cpu": 5, "interrupts": 7, "net_rx": 7, "net_tx": 14, "dropped": 7,
                   "squeezed": 0}]})"));
}

TEST(NetworkDeviceBetween, ACounterThatFellOrIsNotThereBothTimesIsNull) {
  const NetworkDeviceReading before{{{"rx_bytes", 9}, {"tx_bytes", 9}},
                                    {{"rx_drops", 5}, {"tx_drops", 5}, {"queue_9_rx_drops", 0}},
                                    {{0, {{"net_rx", 9}}}, {1, {{"net_rx", 9}}}, {2, {}}}};
  const NetworkDeviceReading after{{{"rx_bytes", 8}},
                                   {{"rx_drops", 4}, {"tx_drops", 5}},
                                   {{0, {{"net_rx", 8}, {"net_tx", 8}}}, {1, {{"net_rx", 9}}}}};
  EXPECT_EQ(network_device_between(before, after), Json::parse(R"({
      "counters": {"rx_bytes": null, "tx_bytes": null},
      "driver": {"queue_9_rx_drops": null, "rx_drops": null},
      "per_cpu": [{"cpu": 0, "interrupts": null, "net_rx": null, "net_tx": null,
                   "dropped": null, "squeezed": null}]})"));
}

// None of it is a reason to stop, and what is kept can be written as JSON.
TEST_F(NetworkDeviceTest, GarbageIsNothing) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) {
    bytes += static_cast<char>(i * 7919 >> 3);
  }
  const std::vector<std::string> texts = {
      "", "\n", ":", "CPU0\n:\n::\n", "CPU-1 CPU99999999999999\n 27: 1 2 \xff\n", bytes,
      "     CPU0\n 27: 18446744073709551616 x\n 28: -1 x\n 29: 1 ,\n 30: 1\n 31: 1 \xff\xfe, , \n"
      "99999999999: 1 recorded0\n",
      "recorded0: 1 2 3\n recorded0: x\n", "recorded0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",
      "f f\nf f f ffffffffff\nf 1 2 0 0 0 0 0 0 0 0 0 ffffffff\n"};
  for (const std::string& text : texts) {
    for (const char* file : {"proc/interrupts", "proc/softirqs", "proc/net/softnet_stat",
                             "proc/net/dev", "proc/irq/29/smp_affinity_list"}) {
      write(file, text);
    }
    for (const char* file : {"queues/tx-0/xps_cpus", "device/msi_irqs/x", "device/msi_irqs/-1"}) {
      write(kFolder + file, text);
    }
    const Json device = record();
    const Json mask = device.at("xps")[0];
    EXPECT_TRUE(mask.is_null() || mask.get<std::string>().size() <= 1024);
    EXPECT_FALSE(device.dump().empty());
    const NetworkDeviceReading reading = read();
    EXPECT_TRUE(reading.counters.empty());
    for (const auto& [cpu, counts] : reading.per_cpu) {
      EXPECT_GE(cpu, 0);
    }
    EXPECT_EQ(network_device_between(reading, reading).at("per_cpu"), Json::array());
  }
}

// ENA's names (drivers/net/ethernet/amazon/ena/ena_ethtool.c), virtio_net's and others'.
TEST(TellsOfLoss, IsSoOfAllowancesDropsAndErrors) {
  for (const char* name :
       {"bw_in_allowance_exceeded", "bw_out_allowance_exceeded", "pps_allowance_exceeded",
        "conntrack_allowance_exceeded", "linklocal_allowance_exceeded", "rx_drops", "tx_drops",
        "queue_0_rx_drops", "queue_0_tx_missed_tx", "queue_0_tx_dma_mapping_err",
        "queue_0_rx_xdp_drop", "rx_queue_0_drops", "rx_missed_errors", "rx_no_buffer_count",
        "dropped_smbus", "tx_error"}) {
    EXPECT_TRUE(tells_of_loss(name)) << name;
  }
  for (const char* name :
       {"", "conntrack_allowance_available", "allowance_exceeded_by", "tx_timeout", "interface_up",
        "queue_0_tx_cnt", "queue_0_tx_bytes", "queue_0_rx_rx_copybreak_pkt", "wd_expired",
        "queue_0_rx_bad_desc_num", "rx_interrupts", "rx_backdropped", "merry", "no_buffers"}) {
    EXPECT_FALSE(tells_of_loss(name)) << name;
  }
}

TEST(DeviceOfAddress, IsKnownOfLoopback) {
  EXPECT_THAT(own_addresses(), Contains("127.0.0.1"));
  EXPECT_EQ(device_of_address("127.0.0.1"), "lo");
  for (const char* none : {"", "192.0.2.1", "127.0.0.2", "localhost", "127.0.0.1/8"}) {
    EXPECT_EQ(device_of_address(none), std::nullopt) << none;
  }
}

TEST(ThisHost, CountsOnLoopback) {
  EXPECT_EQ(network_device_record("lo").at("mtu").is_number(), true);
  const NetworkDeviceReading reading = read_network_device("lo");
  EXPECT_EQ(reading.counters.size(), 8U);
  ASSERT_FALSE(reading.per_cpu.empty());
  EXPECT_EQ(reading.per_cpu.begin()->second.count("net_rx"), 1U);
  EXPECT_EQ(reading.per_cpu.begin()->second.count("squeezed"), 1U);
}

}  // namespace
}  // namespace coresweep
