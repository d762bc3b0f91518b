#include "harness/host_link.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/agent_protocol.hpp"
#include "harness/link_ending.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

using Clock = HostLink::Clock;

constexpr std::size_t kLongestUnknownLine = 200;

}  // namespace

std::vector<std::string> agent_command(const InventoryHost& host,
                                       const std::filesystem::path& ssh_config) {
  if (host.is_here) {
    return {"/proc/self/exe", "agent", "--address", host.private_address};
  }
  // What follows the name is read by a shell there: a literal, and an address of digits.
  return {"ssh", "-F", ssh_config.string(), "-T",
          "-o", "BatchMode=yes",
          "-o", "StrictHostKeyChecking=yes",
          "-o", "ConnectTimeout=5",
          "-o", "ControlPath=none",
          "-o", "ServerAliveInterval=1",
          "-o", "ServerAliveCountMax=5",
          "-o", "ClearAllForwardings=yes",
          "-o", "LogLevel=ERROR",
          host.name, "exec coresweep/bin/coresweep agent --address " + host.private_address};
}

HostLink::HostLink(std::string name, const std::vector<std::string>& command,
                   std::string ssh_config)
    : name_(std::move(name)),
      ssh_config_(std::move(ssh_config)),
      process_(command),
      heard_(Clock::now()),
      said_(Clock::now()) {}

void HostLink::say(const Json& word) {
  said_ = Clock::now();
  if (!process_.send_line(word.dump())) {
    process_.close_stdin();  // half a line may have gone: no other may follow it
  }
}

std::optional<Json> HostLink::take() {
  if (lines_.empty()) {
    return std::nullopt;
  }
  Json line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

std::string HostLink::why_lost() const {
  return lines_.empty() && !lost_.empty() ? fmt::format("{}: {}", name_, lost_) : std::string();
}

void HostLink::lose(const std::string& why) {
  lost_ = why;
  process_.kill_now();
}

Clock::time_point HostLink::silent_at() const {
  return heard_ + (has_spoken_ ? kSilence : kFirstLine);
}

void HostLink::hear() {
  if (!lost_.empty()) {
    return;
  }
  while (const auto text = process_.take_line()) {
    heard_ = Clock::now();
    has_spoken_ = true;
    auto line = parse_json_line(*text);
    if (!line || !line->contains("event")) {
      return lose(fmt::format("said {}: that is no line of an agent",
                              shortened_line(*text, kLongestUnknownLine)));
    }
    if (line->at("event") != "beat") {
      lines_.push_back(std::move(*line));
    }
  }
  if (process_.line_is_too_long()) {
    return lose(fmt::format("wrote a line of more than {} bytes", ChildProcess::kLongestLine));
  }
  if (process_.has_ended()) {
    return lose(why_link_ended({process_.exit_code(), process_.ending(), process_.errors()},
                               ssh_config_));
  }
  if (Clock::now() >= silent_at()) {
    lose(has_spoken_ ? fmt::format("no sign of life for {} s", kSilence.count())
                     : fmt::format("no agent answers within {} s", kFirstLine.count()));
  }
}

void HostLink::beat() {
  if (lost_.empty() && Clock::now() >= said_ + kBeat) {
    say({{"do", "beat"}});
  }
}

void wait_for_links(const std::vector<HostLink*>& links, const StopSignals& signals,
                    Clock::time_point deadline) {
  const auto has_news = [](const HostLink* link) { return link->has_line(); };
  while (true) {
    std::vector<ChildProcess*> processes;
    auto wake = std::ranges::any_of(links, has_news) ? Clock::now() : deadline;
    for (HostLink* link : links) {
      if (link->lost_.empty()) {
        processes.push_back(&link->process_);
        wake = std::min({wake, link->said_ + kBeat, link->silent_at()});
      }
    }
    const std::size_t living = processes.size();
    wait_for_news(processes, signals, wake);
    for (HostLink* link : links) {
      link->hear();
      link->beat();
    }
    const auto is_living = [](const HostLink* link) { return link->lost_.empty(); };
    if (std::ranges::any_of(links, has_news) || Clock::now() >= deadline ||
        static_cast<std::size_t>(std::ranges::count_if(links, is_living)) < living) {
      return;
    }
  }
}

}  // namespace coresweep
