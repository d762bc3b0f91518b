#include "harness/pair_dialogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "harness/plan.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using Clock = PairHosts::Clock;

// A program's grace is 3 s and another one after SIGTERM.
constexpr std::chrono::seconds kIdle{5};
// A client's load breaks when its server does: whose fault it was is known a moment later, or once
// the server gives a sign of life.
constexpr std::chrono::milliseconds kServersWord{500};
constexpr std::size_t kLongestUndueLine = 200;

}  // namespace

const PairDialogue::Told& PairDialogue::told(const PairHost& host) const {
  static const Told kNothing;
  const auto found = told_.find(host.name());
  return found == told_.end() ? kNothing : found->second;
}

void PairDialogue::say(PairHost& host, const Json& word, const std::string& event) {
  Told& told = told_[host.name()];
  told.due = event;
  told.is_idle = false;
  host.link->say(word);
}

bool PairDialogue::is_anything_due() const {
  return std::ranges::any_of(told_, [](const auto& entry) { return !entry.second.due.empty(); });
}

void PairDialogue::hear(PairHost& host) {
  if (!host.link) {
    return;
  }
  while (auto line = host.link->take()) {
    Told& told = told_[host.name()];
    const auto event = line->at("event").get<std::string>();
    if (line->contains("errors")) {
      told.errors = line->at("errors").get<std::string>();
    }
    if (event == "broken" || event == "cannot") {
      told.is_idle = true;
      const auto reason = line->at("reason").get<std::string>();
      throw HostTrouble{event == "cannot" ? HostTrouble::Kind::kCannot : HostTrouble::Kind::kBroken,
                        fmt::format("{}: {}", host.name(), reason)};
    }
    if (event == "cannot_connect") {
      told.is_idle = true;
      throw HostTrouble{HostTrouble::Kind::kBroken,
                        fmt::format("{}: {}", host.name(), line->at("ending").get<std::string>()),
                        line->at("failures")};
    }
    if (event != told.due) {
      throw HostTrouble{
          HostTrouble::Kind::kBroken,
          fmt::format("{}: its agent said {} where {} was due", host.name(),
                      shortened_line(line->dump(), kLongestUndueLine),
                      told.due.empty() ? "nothing" : fmt::format("\"{}\"", told.due))};
    }
    told.due.clear();
    // A server runs on; a load that has reported is gone.
    told.is_idle = event == "report" || event == "stopped";
    told.reply = std::move(*line);
  }
  if (const std::string why = host.link->why_lost(); !why.empty()) {
    PairHosts::lose(host, why);
    throw HostTrouble{HostTrouble::Kind::kLost, why};
  }
}

// What a client cannot tell from a network that fails: whether the server still runs. True when its
// word is due.
bool PairDialogue::asks_server() {
  PairHost& server = hosts_.server();
  const Told& known = told(server);
  if (known.due.empty() && !known.is_idle && server.link) {
    say(server, {{"do", "stop"}}, "stopped");
  }
  return !known.due.empty();
}

void PairDialogue::await(std::chrono::nanoseconds most) {
  const auto deadline = Clock::now() + most;
  std::optional<HostTrouble> trouble;
  Clock::time_point troubled_at;
  auto until = deadline;
  while (true) {
    for (PairHost& host : hosts_.all()) {
      try {
        hear(host);
      } catch (const HostTrouble& found) {
        if (&host == &hosts_.server() || found.kind != HostTrouble::Kind::kBroken ||
            (!trouble && !asks_server())) {
          throw;
        }
        if (!trouble) {
          trouble = found;
          troubled_at = Clock::now();
          until = troubled_at + kServersWord;
        }
      }
    }
    const bool is_over = Clock::now() >= until;
    if (trouble) {
      const bool is_server_there = hosts_.server().link->heard_at() > troubled_at;
      if (told(hosts_.server()).due.empty() || (is_over && is_server_there)) {
        throw HostTrouble(*trouble);
      }
      until += is_over ? kServersWord : std::chrono::milliseconds(0);
    } else if (!is_anything_due()) {
      return;
    } else if (is_over) {
      throw late_reply(most);
    }
    hosts_.wait(until);
  }
}

HostTrouble PairDialogue::late_reply(std::chrono::nanoseconds most) const {
  const auto late = std::ranges::find_if(
      told_, [](const auto& entry) { return !entry.second.due.empty(); });
  return {HostTrouble::Kind::kBroken,
          fmt::format("{}: its agent did not say \"{}\" within {}", late->first,
                      late->second.due,
                      format_duration(std::chrono::round<std::chrono::milliseconds>(most)))};
}

void PairDialogue::abandon() {
  std::vector<PairHost*> asked;
  for (PairHost& host : hosts_.all()) {
    if (host.link && !told(host).is_idle) {
      host.link->say({{"do", "abandon"}});
      asked.push_back(&host);
    }
  }
  const auto deadline = Clock::now() + kIdle;
  while (!asked.empty()) {
    std::erase_if(asked, [&](PairHost* host) {
      // A reply that was on its way is nobody's any more.
      while (const auto line = host->link->take()) {
        if (line->contains("errors") && line->at("errors").is_string()) {
          told_[host->name()].errors = line->at("errors").get<std::string>();
        }
        if (line->at("event") == "idle") {
          return true;
        }
      }
      std::string why = host->link->why_lost();
      if (why.empty() && Clock::now() >= deadline) {
        why = fmt::format("{}: its agent did not end a trial within {} s", host->name(),
                          kIdle.count());
      }
      if (!why.empty()) {
        PairHosts::lose(*host, why);
      }
      return !why.empty();
    });
    if (!asked.empty()) {
      hosts_.wait(deadline);
    }
  }
}

}  // namespace coresweep
