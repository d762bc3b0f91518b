// A file with an inventory of three hosts, and what is said of it when something else stands there.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/failure.hpp"
#include "harness/inventory.hpp"

namespace coresweep {

// A server and two clients.
inline Json three_hosts() {
  return Json::parse(R"({
    "schema_version": 1,
    "ssh_config": "ssh_config",
    "hosts": {
      "server": {"role": "server", "private_address": "10.77.0.1", "cpus": 32, "arch": "aarch64",
                 "instance_type": "c6gn.8xlarge", "price_per_hour": 1.3824, "network_gbps": 50},
      "client-1": {"role": "client", "private_address": "fd00::2", "cpus": 16, "arch": "x86_64"},
      "client2": {"role": "client", "private_address": "10.77.0.3", "cpus": 1, "arch": "x86_64",
                  "here": true}
    },
    "pairs": {"pair01": {"server": "server", "clients": ["client-1", "client2"]}}
  })");
}

class ReadInventory : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_);
    std::ofstream(folder_ / "ssh_config") << "Host *\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Inventory read(const std::string& text) {
    std::ofstream(file_) << text;
    return read_inventory(file_);
  }

  // What is said of `text`, behind the file's name.
  std::string refusal_of(const std::string& text) {
    try {
      static_cast<void>(read(text));
    } catch (const WrongUsage& error) {
      const std::string what = error.what();
      EXPECT_THAT(what, testing::StartsWith(file_.string() + ":"));
      EXPECT_EQ(what.find('\n'), std::string::npos);
      return what.substr(file_.string().size() + 1);
    }
    return "accepted";
  }

  // Of three hosts of which `value` stands at `pointer`. They are on one line, so it is the first.
  std::string refusal_with(const char* pointer, const Json& value) {
    Json document = three_hosts();
    document[Json::json_pointer(pointer)] = value;
    return refusal_of(document.dump());
  }

  std::string refusal_without(const char* outer, const char* key) {
    Json document = three_hosts();
    document[Json::json_pointer(outer)].erase(key);
    return refusal_of(document.dump());
  }

  const std::filesystem::path folder_ =
      testing::TempDir() + "inventory_" + std::to_string(::getpid());
  const std::filesystem::path file_ = folder_ / "inventory.json";
};

}  // namespace coresweep
