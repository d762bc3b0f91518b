// Small scripts that stand where a trial's programs would, in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "harness/programs.hpp"
#include "harness/stop_signals.hpp"

namespace coresweep {

// What a greeter does, as far as a trial sees it. $requests is what it says it has answered.
inline constexpr const char* kGoodServer = R"(
numbers() {
  echo "{\"event\":\"$1\",\"threads\":[{\"thread\":0,\"requests\":$2}],"\
"\"totals\":{\"requests\":$2,\"connections_accepted\":1},"\
"\"process\":{\"cpu_user_s\":1.0,\"cpu_system_s\":1.0},\"monotonic_ns\":1}"
}
echo '{"event":"ready"}'
while read -r word; do
  case $word in
    snapshot) numbers snapshot 50;;
    stop) numbers stopped 100; exit 0;;
  esac
done
)";

inline constexpr const char* kGoodLoad = R"(
echo '{"event":"ready"}'
read -r word
case $word in go|'go '*) ;; *) exit 1;; esac
echo '{"event":"measuring"}'
echo '{"event":"measured"}'
echo '{"event":"report","window_s":1,"requests_answered":100,"throughput_per_s":100.0,'\
'"requests_failed":0,"failures":{},"latency_from_sent_ns":{},"cpu_user_s":0.1,"cpu_system_s":0.1,'\
'"rate_per_s":null,"requests_answered_first_half":50,"requests_due":100,"requests_sent":100,'\
'"requests_overdue_at_begin":0,"requests_overdue_at_end":0,"requests_due_unanswered":0,'\
'"requests_in_flight_mean":1,"requests_in_flight_mean_by_latency":1,"silences":[],'\
'"latency_from_due_ns":{},"client_late_ns":{},"client_read_late_ns":{},"connections_per_s":0,'\
'"connect_to_first_reply_ns":{},"seconds":[],'\
'"load_threads":[{"busy_share":0.5}],"totals":{"requests_given_up":0,"connections_closed":0,'\
'"connections_failed":{},"segments_sent":9,"segments_retransmitted":0,'\
'"segments_retransmitted_needlessly":0,'\
'"segments_sent_connecting":9,"segments_retransmitted_connecting":0,'\
'"requests_sent":100,"requests_answered":100,'\
'"requests_failed":0,"requests_in_flight_at_end":0,"connections_opened":1,"connections_lost":0,'\
'"failures":{},"first_wrong_reply":null}}'
)";

class TrialProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "trial_" + std::to_string(::getpid());
    std::filesystem::create_directory(folder_);
    programs_ = {"", write("greeter", kGoodServer), write("loadgen", kGoodLoad)};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& script) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  std::string folder_;
  Programs programs_;
  StopSignals signals_;
};

}  // namespace coresweep
