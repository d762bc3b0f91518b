// Clients whose header blocks hang on the dynamic table, through whole sessions: a session that
// took one block for another would call the wrong method, or a method that it has to refuse.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/talk.hpp"

namespace coresweep {
namespace {

using namespace script;  // NOLINT: its words are this file's language

constexpr std::string_view kUnknown = "/test.Echo/None";
static_assert(kUnknown.size() == kEcho.size());  // so that both are evicted at the same sizes

// An encoder that may index whatever it likes, paths too, which nghttp2's never does.
class Encoder {
 public:
  struct Entry {
    std::string name;
    std::string value;
  };

  // Appends the update to `block`, which it has to begin.
  void resize(std::string& block, std::size_t size) {
    append_integer(block, 0x20, 5, size);
    limit_ = size;
    evict();
  }
  // `static_name`: the name's index in the static table, or 0.
  void insert(std::string& block, std::size_t static_name, const Entry& entry) {
    append_integer(block, 0x40, 6, static_name);
    if (static_name == 0) {
      append_string(block, entry.name);
    }
    append_string(block, entry.value);
    table_.push_front(entry);
    evict();
  }
  static void append_literal(std::string& block, std::uint8_t form, std::size_t name,
                             std::string_view value) {
    append_integer(block, form, 4, name);
    append_string(block, value);
  }
  static void append_indexed(std::string& block, std::size_t index) {
    append_integer(block, 0x80, 7, index);
  }
  // The index of an entry, newest first.
  static std::size_t index_of(std::size_t entry) { return 62 + entry; }
  [[nodiscard]] const std::deque<Entry>& table() const { return table_; }

 private:
  static void append_integer(std::string& block, std::uint8_t form, int prefix_bits,
                             std::size_t value) {
    const std::size_t prefix_max = (std::size_t{1} << prefix_bits) - 1;
    if (value < prefix_max) {
      block += static_cast<char>(form | value);
      return;
    }
    block += static_cast<char>(form | prefix_max);
    for (value -= prefix_max; value >= 0x80; value >>= 7) {
      block += static_cast<char>(0x80 | (value & 0x7f));
    }
    block += static_cast<char>(value);
  }
  static void append_string(std::string& block, std::string_view text) {
    append_integer(block, 0, 7, text.size());
    block += text;
  }
  void evict() {
    const auto size = [&] {
      std::size_t sum = 0;
      for (const Entry& entry : table_) {
        sum += entry.name.size() + entry.value.size() + 32;
      }
      return sum;
    };
    while (size() > limit_) {
      table_.pop_back();
    }
  }

  std::deque<Entry> table_;
  std::size_t limit_ = http2::kDefaultHeaderTableSize;
};

// Asks for one of two methods at random, in whichever way its table allows.
class Client {
 public:
  explicit Client(std::uint32_t seed) : random_(seed) {}

  struct Request {
    std::string block;
    std::string path;
    bool is_compressed = false;  // says its grpc-encoding
    [[nodiscard]] bool is_refused() const { return path == kUnknown || is_compressed; }
  };

  Request next() {
    Request request;
    if (chance(20)) {
      static constexpr std::size_t kSizes[]{0, 150, 300, 4'096};
      encoder_.resize(request.block, kSizes[random_() % std::size(kSizes)]);
    }
    Encoder::append_indexed(request.block, 3);          // :method: POST
    Encoder::append_indexed(request.block, 6);          // :scheme: http
    Encoder::append_literal(request.block, 0, 1, "x");  // :authority
    append_path(request);
    Encoder::append_literal(request.block, 0, 31, "application/grpc");  // content-type
    append_note(request);
    return request;
  }

 private:
  bool chance(std::uint32_t one_in) { return random_() % one_in == 0; }

  // An entry whose name is one of `names`, or as many as there are when there is none.
  std::size_t find(const std::vector<std::string_view>& names) {
    const auto& table = encoder_.table();
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < table.size() && i < 4; ++i) {
      if (std::find(names.begin(), names.end(), table[i].name) != names.end()) {
        found.push_back(i);
      }
    }
    return found.empty() ? table.size() : found[random_() % found.size()];
  }

  void append_path(Request& request) {
    const std::size_t entry = find({":path"});
    if (entry < encoder_.table().size() && !chance(4)) {
      request.path = encoder_.table()[entry].value;
      Encoder::append_indexed(request.block, Encoder::index_of(entry));
      return;
    }
    request.path = chance(2) ? kEcho : kUnknown;
    encoder_.insert(request.block, 4, {":path", request.path});
  }

  // A field that nobody minds, or the very same bytes as one that makes the request another.
  void append_note(Request& request) {
    if (chance(8)) {
      encoder_.insert(request.block, 0, {chance(2) ? "x-note" : "grpc-encoding", "identity"});
    }
    const std::size_t entry = find({"x-note", "grpc-encoding"});
    if (entry < encoder_.table().size() && chance(2)) {
      request.is_compressed = encoder_.table()[entry].name == "grpc-encoding";
      const std::uint8_t form = chance(2) ? 0x00 : 0x10;  // without indexing, never indexed
      Encoder::append_literal(request.block, form, Encoder::index_of(entry), "gzip");
    }
  }

  Encoder encoder_;
  std::mt19937 random_;
};

template <class Session>
class HeaderBlockClients : public testing::Test {};
using Sessions = testing::Types<LeanServerSession, Nghttp2ServerSession>;
TYPED_TEST_SUITE(HeaderBlockClients, Sessions);

TYPED_TEST(HeaderBlockClients, AreAskedForWhatTheirTablesSay) {
  int path_changed = 0;
  int encoding_changed = 0;
  for (std::uint32_t seed = 0; seed < 10; ++seed) {
    Client client(seed);
    Talk<TypeParam> talk(1);
    talk.say(hello());
    std::vector<std::string> calls;
    std::map<std::string, Client::Request> said;
    std::uint32_t id = 1;
    for (int i = 0; i < 1'000; ++i, id += 2) {
      const Client::Request request = client.next();
      const std::string text = std::to_string(i);
      talk.say(frame(http2::FrameType::headers, kWhole, id, request.block) +
               data(id, message(text)));
      // A session that reads on before it writes has no rest of the request to reset.
      const std::string words = talk.replies.streams[id].in_words();
      ASSERT_EQ(words.substr(0, words.find(" then reset NO_ERROR")),
                request.is_refused() ? "grpc 12" : "answered")
          << "request " << i << " of client " << seed << ": " << talk.replies.wrong();
      if (!request.is_refused()) {
        calls.emplace_back(kEcho).append(" ").append(text);
      }
      const auto before = said.try_emplace(request.block, request).first;
      path_changed += before->second.path != request.path ? 1 : 0;
      encoding_changed += before->second.is_compressed != request.is_compressed ? 1 : 0;
      before->second = request;
    }
    EXPECT_EQ(talk.calls(), calls);
    EXPECT_EQ(talk.status, SessionStatus::open);
  }
  // The same bytes, another request: the test is worth something only as far as these come up.
  EXPECT_GT(path_changed, 0);
  EXPECT_GT(encoding_changed, 0);
}

}  // namespace
}  // namespace coresweep
