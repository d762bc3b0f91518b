// What is said to the agents of a pair within one trial, and heard of them: whoever is waited for,
// the trouble of any of them is noticed.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "harness/pair_hosts.hpp"
#include "support/json_lines.hpp"

namespace coresweep {

/// Why a trial cannot go on, and by whose fault.
struct HostTrouble {
  enum class Kind {
    kBroken,  ///< this trial
    kCannot,  ///< no trial of this sweep could
    kLost     ///< the host is gone
  };

  Kind kind = Kind::kBroken;
  std::string reason;  ///< begins with the host's name
  Json connect_failures = Json::object();  ///< kind to count, when its load could not connect
};

class PairDialogue {
 public:
  explicit PairDialogue(PairHosts& hosts) : hosts_(hosts) {}

  /// `event` is the reply that is then due.
  void say(PairHost& host, const Json& word, const std::string& event);

  /// Until every reply is there that is due. Throws HostTrouble.
  void await(std::chrono::nanoseconds most);

  /// The last one.
  [[nodiscard]] const Json& reply_of(const PairHost& host) const { return told(host).reply; }

  /// The end of its programs' stderr, as far as it told that.
  [[nodiscard]] std::string errors_of(const PairHost& host) const { return told(host).errors; }

  /// Has every agent end its programs. Who does not is lost.
  void abandon();

 private:
  struct Told {
    std::string due;  ///< the event; empty when none is
    Json reply;
    std::string errors;
    bool is_idle = true;  ///< none of its programs runs
  };

  [[nodiscard]] const Told& told(const PairHost& host) const;
  void hear(PairHost& host);
  [[nodiscard]] bool is_anything_due() const;
  [[nodiscard]] bool asks_server();
  [[nodiscard]] HostTrouble late_reply(std::chrono::nanoseconds most) const;

  PairHosts& hosts_;
  std::map<std::string, Told> told_;
};

}  // namespace coresweep
