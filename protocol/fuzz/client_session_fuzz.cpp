// ClientSession: bytes of any server. Each call that it starts ends once, or is still in flight.
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/frame_script.hpp"
#include "protocol/fuzz/fuzz_input.hpp"

namespace {

using namespace coresweep;  // NOLINT: a main file

void fuzz(Bytes input) {
  static const CallTemplate call =
      make_call_template("x", script::kEcho, "hello", "hellohellohello");
  constexpr std::uint32_t kCalls = 4;
  ClientSession client(call, kCalls);
  std::vector<FinishedCall> finished;
  std::string output;
  std::uint64_t started = 0;
  client.open(output);
  read_in_parts(input, [&](Bytes part) {
    const bool goes_on = client.receive(part, finished, output);
    require(goes_on == client.broken_because().empty());
    while (goes_on && client.can_start() && started < 100) {
      client.start_call({started++}, output);
    }
    return goes_on;
  });
  require(client.calls_in_flight() <= kCalls);
  require(finished.size() + client.calls_in_flight() == started);
  std::vector<int> ends(started);
  for (const FinishedCall& end : finished) {
    require(end.tag.first < started && ++ends[end.tag.first] == 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz({data, size});
  return 0;
}
