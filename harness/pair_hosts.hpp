// The hosts of a pair, each with its agent: connected, checked, their clocks known.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/clock_offset.hpp"
#include "harness/host_link.hpp"
#include "harness/inventory.hpp"
#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

struct PairHost {
  InventoryHost listed;
  const char* role = "client";  ///< or "server"
  std::unique_ptr<HostLink> link = {};  ///< none while it is lost
  std::string why_lost = {};            ///< the last time that it was
  Json hello = {};
  std::vector<int> cpus = {};  ///< all that it may use, in the order in which threads get them
  ClockOffset clock = {};      ///< ahead of the controller's, when it was last asked

  [[nodiscard]] const std::string& name() const { return listed.name; }
};

class PairHosts {
 public:
  using Clock = HostLink::Clock;

  /// Connects to all of them at once and checks them. All that is wrong with any of them is told.
  /// Throws WrongUsage where the inventory alone says that it cannot be, and Failure.
  PairHosts(Inventory inventory, const std::optional<std::string>& pair, const Programs& programs,
            const StopSignals& signals);
  ~PairHosts() { close(); }
  PairHosts(const PairHosts&) = delete;
  PairHosts& operator=(const PairHosts&) = delete;

  [[nodiscard]] const Inventory& inventory() const { return inventory_; }
  [[nodiscard]] const std::string& pair() const { return pair_; }

  /// The server first, then the clients in the inventory's order.
  [[nodiscard]] std::vector<PairHost>& all() { return hosts_; }
  [[nodiscard]] const std::vector<PairHost>& all() const { return hosts_; }
  [[nodiscard]] PairHost& server() { return hosts_.front(); }
  [[nodiscard]] const PairHost& server() const { return hosts_.front(); }
  [[nodiscard]] const PairHost& first_client() const { return hosts_.at(1); }

  /// Until one of them says something or is lost, or `deadline`.
  void wait(Clock::time_point deadline);

  /// Ends what is left of a link that is lost, or hangs.
  static void lose(PairHost& host, const std::string& why) {
    host.link.reset();
    host.why_lost = why;
  }

  /// Of each host that is lost now.
  [[nodiscard]] std::vector<std::string> why_lost();

  /// Connects anew to those that are lost, for so long; why not all are there, else empty. Between
  /// trials only.
  [[nodiscard]] std::string reconnect(std::chrono::seconds within);

  /// Asks all clocks, each up to `most` times. What forbids to measure with them: a line a host. A
  /// host that is lost meanwhile is one of them. While no reply is due only.
  [[nodiscard]] std::vector<std::string> measure_clocks(int most);

  /// Asks them so after a window: why what was measured in it is not of one time, else empty. A
  /// clock was set meanwhile, or a host is lost; that clocks cannot be told is no reason.
  [[nodiscard]] std::string out_of_step(int most);

  /// How far the host is ahead of the first client.
  [[nodiscard]] ClockDifference clock_of(const PairHost& host) const;

  /// Asks every agent to end, and waits for it.
  void close();

 private:
  [[nodiscard]] std::vector<PairHost*> lost_hosts();
  [[nodiscard]] std::vector<std::string> connect(const std::vector<PairHost*>& hosts,
                                                 Clock::time_point deadline);
  [[nodiscard]] std::vector<std::string> take_hello(PairHost& host, const Json& line) const;
  void ask_clocks(int most, std::vector<std::string>& complaints);

  Inventory inventory_;
  std::string pair_;
  const StopSignals& signals_;
  std::map<std::string, std::string> checksums_;
  std::vector<PairHost> hosts_;
};

}  // namespace coresweep
