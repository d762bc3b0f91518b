// Which peers come with coresweep, and where one is that is named.
#pragma once

#include <string>
#include <vector>

namespace coresweep {

/// Every folder under servers/peers, where coresweep was built, that has a peer.json; sorted.
/// Throws WrongUsage where that cannot be read.
[[nodiscard]] std::vector<std::string> peer_folders();

/// Where the peer is that a plan or a flag names by its folder, or, without a slash, by the name of
/// one of those that come with coresweep. A folder that is not here is looked for at the same place
/// of the sources that coresweep was built from: plans of its own are run from anywhere.
[[nodiscard]] std::string find_peer_folder(const std::string& word);

}  // namespace coresweep
