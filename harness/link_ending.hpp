// Why the connection to a host's agent ended, in a line that says what to do about it.
#pragma once

#include <optional>
#include <string>

namespace coresweep {

/// What brings the programs onto a host, for lines that ask for it.
inline constexpr const char* kDeployCommand =
    "ansible-playbook -i build/hosts/hosts.yml terraform/ansible/deploy.yml";

/// What brings a host into the state that a sweep wants.
inline constexpr const char* kTuneCommand =
    "ansible-playbook -i build/hosts/hosts.yml terraform/ansible/tune.yml";

/// How the program ended that carried the agent's lines.
struct LinkEnding {
  std::optional<int> exit_code;  ///< nothing when a signal ended it
  std::string ending;            ///< "exited with 255"
  std::string errors;            ///< the end of its stderr
};

/// Without the host's name. `ssh_config` is the file that ssh was told; empty: there was no ssh.
[[nodiscard]] std::string why_link_ended(const LinkEnding& ending, const std::string& ssh_config);

}  // namespace coresweep
