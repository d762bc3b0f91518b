// LeanServerSession: bytes of any client, behind the preface and its SETTINGS.
#include "protocol/fuzz/server_session_target.hpp"
#include "protocol/lean_server_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coresweep::fuzz_server_session<coresweep::LeanServerSession>({data, size});
  return 0;
}
