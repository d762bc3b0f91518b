// Writes the inputs that the fuzzers start from: make_fuzz_corpus FOLDER makes FOLDER/NAME/ for
// each target. Every byte is a session's own: our client against our servers.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/frame_script.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"

namespace {

using namespace coresweep;  // NOLINT: a main file
using namespace script;     // NOLINT: likewise

class Corpus {
 public:
  explicit Corpus(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void add(std::string_view target, std::string_view name, std::string_view bytes) const {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream(folder_ / target / name, std::ios::binary) << bytes;
  }
  // The same whole, in two sizes of part, and byte by byte.
  void add_cut(std::string_view target, const std::string& name, const std::string& bytes) const {
    add(target, name, std::string(4, '\0') + bytes);
    add(target, name + "_in_parts", std::string("\x09\x40\x11\xff") + bytes);
    add(target, name + "_by_bytes", std::string(4, '\1') + bytes);
  }
  void add_request(const std::string& name, const std::string& bytes) const {
    add_cut("lean_server_session", name, bytes);
    add_cut("nghttp2_server_session", name, bytes);
  }

 private:
  std::filesystem::path folder_;
};

// What our client and `Session` say to each other, each in one string.
template <class Session>
std::pair<std::string, std::string> talk() {
  const CallTemplate call = make_call_template("x", kEcho, "hello", "hellohellohello");
  ClientSession client(call, 4);
  Session server;
  EchoHandler handler;
  handler.repeat = 3;
  std::vector<FinishedCall> finished;
  std::pair<std::string, std::string> said;
  std::string to_server;
  client.open(to_server);
  for (int turn = 0; turn < 4; ++turn) {
    std::string to_client;
    (void)server.receive(as_bytes(to_server), handler, to_client);
    said.first += to_server;
    said.second += to_client;
    to_server.clear();
    (void)client.receive(as_bytes(to_client), finished, to_server);
    while (client.can_start()) {
      client.start_call({}, to_server);
    }
  }
  server.shut_down(Goodbye::stopping, said.second);
  return said;
}

void make_requests(const Corpus& corpus) {
  using http2::Setting;
  const std::string whole = block(post());
  corpus.add_request("our_client",
                     talk<LeanServerSession>().first.substr(http2::kClientPreface.size()));
  corpus.add_request("parts",
                     frame(http2::FrameType::headers, 0, 1, whole.substr(0, 9)) +
                         continuation(1, whole.substr(9), kWhole) +
                         data(1, std::string("\x03") + message("x") + "pad", kEnds | kPadded));
  corpus.add_request("trailers", headers(1, post()) + data(1, message("x"), 0) +
                                     headers(1, {{"a", "b"}}, kWhole | kEnds) + request(3));
  corpus.add_request("no_window", settings({{Setting::initial_window_size, 0}}) + request(1) +
                                      request(3) + window_update(1, 3) + rst_stream(3) +
                                      settings({{Setting::initial_window_size, 20}}) +
                                      window_update(0, 9));
  corpus.add_request("cancels", headers(1, post()) + rst_stream(1) + request(3) + rst_stream(3) +
                                    ping() + goaway());
  corpus.add_request("refusals", headers(1, post_with(":method", "GET")) +
                                     headers(3, post({}, "/a/b"), kWhole | kEnds) +
                                     headers(5, post({{"content-length", "6"}})) +
                                     data(5, message("x")) +
                                     frame(http2::FrameType::priority, 0, 5, "12345"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("make_fuzz_corpus: one argument, the folder\n", stderr);
    return 2;
  }
  const Corpus corpus(argv[1]);
  make_requests(corpus);
  corpus.add_cut("client_session", "lean_server", talk<LeanServerSession>().second);
  corpus.add_cut("client_session", "nghttp2_server", talk<Nghttp2ServerSession>().second);
  const EncodedHeaders fields = encode_headers(post(), http2::kDefaultHeaderTableSize);
  corpus.add("header_block", "first", std::string(4, '\0') + fields.first);
  corpus.add("header_block", "later",
             std::string(1, static_cast<char>(fields.first.size())) +
                 std::string(1, static_cast<char>(fields.later.size())) + std::string(2, '\0') +
                 fields.first + fields.later + fields.later);
  corpus.add("header_block", "plain", std::string(4, '\0') + block(post()));
  corpus.add("grpc_frame", "message", message("hello"));
  corpus.add("grpc_frame", "two", message("hello") + message("x"));
  corpus.add("grpc_frame", "type", "application/grpc+proto");
  return 0;
}
