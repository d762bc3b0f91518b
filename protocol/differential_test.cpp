// The same bytes to LeanServerSession and to Nghttp2ServerSession: the same calls, replies and end.
//
// Both are fed frame by frame, and compared after each. Whatever else the bytes are cut into, each
// then has to say again what it said frame by frame. Where the two differ and both are right, the
// difference is named in excuse(), with the section that leaves it open; the stream, or for an
// error of the connection all that follows, is not compared further.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "protocol/client_session.hpp"
#include "protocol/frame_script.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_header.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/reply_reader.hpp"

namespace coresweep {
namespace {

using http2::FrameType;
using http2::Setting;
using namespace script;  // NOLINT: its words are this file's language

// One session, what it was told, and what it made of that.
template <class Session>
class Talk {
 public:
  Talk() { handler_.repeat = 3; }
  void say(std::string_view bytes) {
    if (status == SessionStatus::open) {
      std::string output;
      status = session_.receive(as_bytes(bytes), handler_, output);
      replies.read(output);
    }
  }
  [[nodiscard]] const std::vector<std::string>& calls() const { return handler_.calls; }
  [[nodiscard]] bool is_over() const { return status != SessionStatus::open; }

  ReplyReader replies;
  SessionStatus status = SessionStatus::open;

 private:
  EchoHandler handler_;
  Session session_;
};

struct Frame {
  http2::FrameHeader header;
  std::string_view bytes;
};

// The preface counts as the first. What is cut short at the end is left out, unless its header says
// too much already: nghttp2 decodes header blocks before they are whole, and errors come sooner.
std::vector<Frame> cut_into_frames(std::string_view bytes) {
  std::vector<Frame> frames;
  const std::size_t preface = std::min(bytes.size(), http2::kClientPreface.size());
  frames.push_back({{}, bytes.substr(0, preface)});
  bytes.remove_prefix(preface);
  while (bytes.size() >= http2::kFrameHeaderSize) {
    const auto header = http2::read_frame_header(as_bytes(bytes).data());
    const std::size_t size = http2::kFrameHeaderSize + header.length;
    if (size > bytes.size() && header.length <= http2::kMaxFrameSize) {
      break;
    }
    frames.push_back({header, bytes.substr(0, size)});
    bytes.remove_prefix(frames.back().bytes.size());
  }
  return frames;
}

std::string name_of(const std::optional<std::uint32_t>& code) {
  return code ? error_name(*code) : "nothing";
}

std::string as_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes.substr(0, 2'000)) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

std::string in_short(const std::vector<std::string>& calls) {
  std::string words;
  for (const std::string& call : calls) {
    words += std::to_string(call.size()) + " ";
  }
  return words;
}

bool is_open_block(const http2::FrameHeader& header) {
  return (header.type == FrameType::headers || header.type == FrameType::continuation) &&
         !header.has(http2::kFlagEndHeaders);
}

// Why both ends of a connection are right, or nothing. `stream` is what lean said of the stream.
std::string excuse_end(const http2::FrameHeader& header, const std::string& lean,
                       const std::string& nghttp2, const std::string& stream) {
  const bool lean_goes_on = lean == "nothing";
  // Section 5.4.2 names errors of a stream; 5.4.1 and h2spec let them end the connection.
  if (lean_goes_on && stream.find("reset " + nghttp2) != std::string::npos) {
    return "a stream's error taken for the connection's";
  }
  // Section 6.5.3 says nothing of an acknowledgement that acknowledges nothing.
  if (header.type == FrameType::settings && header.has(http2::kFlagAck) && lean_goes_on) {
    return "an acknowledgement of no SETTINGS";
  }
  // Section 6.8 names none for a last stream that a server cannot have: it is ours, and we open
  // none.
  if (header.type == FrameType::goaway && lean_goes_on && nghttp2 == "PROTOCOL_ERROR") {
    return "a GOAWAY about a stream of ours";
  }
  // Section 5.1, closed: MAY be an error of the connection. nghttp2 forgets closed streams.
  if (lean == "STREAM_CLOSED" && nghttp2 == "nothing") {
    return "a frame of a closed stream";
  }
  // Section 4.3 has a block decoded once it is whole; nghttp2 begins with its first part.
  if (is_open_block(header) && lean_goes_on) {
    return "a block that is wrong before it is whole";
  }
  // Section 6.1 asks it of DATA on any stream; nghttp2 looks into none of a closed stream.
  if (header.type == FrameType::data && header.has(kPadded) && lean == "PROTOCOL_ERROR" &&
      nghttp2 == "nothing") {
    return "wrong padding on a closed stream";
  }
  // Sections 4.2, 4.3 and 6: a frame that is wrong twice may be called either.
  static const std::set<std::string> kForm{"PROTOCOL_ERROR", "FRAME_SIZE_ERROR", "STREAM_CLOSED",
                                           "COMPRESSION_ERROR"};
  if (kForm.contains(lean) && kForm.contains(nghttp2)) {
    return "a frame wrong twice";
  }
  return {};
}

class Differential {
 public:
  explicit Differential(std::string bytes) : bytes_(std::move(bytes)) {}

  // Frame by frame, each against the other. False at a difference that nothing excuses.
  void compare() {
    std::size_t said = 0;
    for (const Frame& frame : cut_into_frames(bytes_)) {
      has_continuation_ = has_continuation_ || frame.header.type == FrameType::continuation;
      in_block_ = is_open_block(frame.header);
      late_ = late_ || lean_.replies.is_over(frame.header.stream_id);
      lean_.say(frame.bytes);
      nghttp2_.say(frame.bytes);
      said += frame.bytes.size();
      if (!compare_after(frame)) {
        break;
      }
      if (lean_.is_over() || nghttp2_.is_over()) {
        break;
      }
    }
    bytes_.resize(said);  // nothing behind it was compared
  }

  // What each says when the bytes come in other parts.
  void compare_cut_at(const std::vector<std::size_t>& cuts) {
    Talk<LeanServerSession> lean;
    Talk<Nghttp2ServerSession> nghttp2;
    std::size_t from = 0;
    for (std::size_t i = 0; i <= cuts.size(); ++i) {
      const std::size_t to = i < cuts.size() ? cuts[i] : bytes_.size();
      lean.say(std::string_view(bytes_).substr(from, to - from));
      nghttp2.say(std::string_view(bytes_).substr(from, to - from));
      from = to;
    }
    ASSERT_EQ(lean.calls(), lean_.calls());
    ASSERT_EQ(lean.replies.in_words(), lean_.replies.in_words());
    ASSERT_EQ(lean.status, lean_.status);
    for (const auto& [id, stream] : lean_.replies.streams) {
      ASSERT_EQ(lean.replies.streams[id].data, stream.data);
      ASSERT_EQ(lean.replies.streams[id].heads, stream.heads);
    }
    // nghttp2 takes each piece of a CONTINUATION's header for one of the eight it allows a block.
    if (cuts.size() > 1 && has_continuation_) {
      return;
    }
    ASSERT_EQ(nghttp2.replies.wrong(), "");
    // nghttp2 writes once a read: what the same read takes back, or breaks, is never written. A
    // stream in error is half-closed until then and forgotten afterwards, and only in the one case
    // do frames that follow end the connection; likewise one that is answered. Without these all
    // is the same.
    const bool error = is_error(nghttp2_.replies) || is_error(lean_.replies) || in_block_ || late_;
    const auto& calls = nghttp2.calls();
    if (error) {
      ASSERT_LE(calls.size(), nghttp2_.calls().size());
      ASSERT_TRUE(std::equal(calls.begin(), calls.end(), nghttp2_.calls().begin()));
    } else {
      ASSERT_EQ(calls, nghttp2_.calls());
      ASSERT_EQ(nghttp2.replies.goaway, nghttp2_.replies.goaway);
    }
    for (const auto& [id, stream] : nghttp2.replies.streams) {
      ASSERT_TRUE(nghttp2_.replies.streams[id].data.starts_with(stream.data));
    }
  }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::set<std::string>& excused() const { return excused_; }

 private:
  static bool is_error(const ReplyReader& replies) {
    return replies.goaway || std::any_of(replies.streams.begin(), replies.streams.end(),
                                         [](const auto& stream) { return stream.second.reset; });
  }

  bool compare_after(const Frame& frame) {
    const std::string lean_end = name_of(lean_.replies.goaway);
    const std::string nghttp2_end = name_of(nghttp2_.replies.goaway);
    EXPECT_EQ(lean_.replies.wrong(), "");
    EXPECT_EQ(nghttp2_.replies.wrong(), "");
    EXPECT_EQ(in_short(lean_.calls()), in_short(nghttp2_.calls()))
        << "after " << as_hex(frame.bytes);
    EXPECT_EQ(lean_.calls(), nghttp2_.calls());
    if (testing::Test::HasFailure()) {
      return false;
    }
    if (lean_end != nghttp2_end) {
      const auto& streams = lean_.replies.streams;
      const auto found = streams.find(frame.header.stream_id);
      const std::string why =
          excuse_end(frame.header, lean_end, nghttp2_end,
                     found == streams.end() ? std::string() : found->second.in_words());
      EXPECT_NE(why, "") << "a frame of type " << static_cast<int>(frame.header.type) << " on "
                         << frame.header.stream_id << ": lean says " << lean_end << ", nghttp2 "
                         << nghttp2_end;
      excused_.insert(why);
      return false;
    }
    EXPECT_EQ(lean_.status, nghttp2_.status) << lean_end;
    return is_open_block(frame.header) || compare_streams(frame);
  }

  bool compare_streams(const Frame& frame) {
    std::set<std::uint32_t> ids;
    for (const auto& [id, stream] : lean_.replies.streams) {
      ids.insert(id);
    }
    for (const auto& [id, stream] : nghttp2_.replies.streams) {
      ids.insert(id);
    }
    for (const std::uint32_t id : ids) {
      if (excused_streams_.contains(id)) {
        continue;
      }
      const ReplyReader::Stream& lean = lean_.replies.streams[id];
      const ReplyReader::Stream& nghttp2 = nghttp2_.replies.streams[id];
      if (lean.in_words() == nghttp2.in_words() && lean.data == nghttp2.data &&
          lean.heads == nghttp2.heads) {
        continue;
      }
      const std::string why = excuse_stream(lean.in_words(), nghttp2.in_words());
      EXPECT_NE(why, "") << "stream " << id << " after a frame of type "
                         << static_cast<int>(frame.header.type) << " on " << frame.header.stream_id
                         << ": lean says '" << lean.in_words() << "' and " << lean.data.size()
                         << " bytes, nghttp2 '" << nghttp2.in_words() << "' and "
                         << nghttp2.data.size();
      if (why.empty()) {
        return false;
      }
      excused_.insert(why);
      excused_streams_.insert(id);
    }
    return true;
  }

  // The same for what became of a stream.
  std::string excuse_stream(const std::string& lean, const std::string& nghttp2) const {
    // Section 5.4.1: an error of the connection ends its streams; those in error may be told so.
    if (lean_.replies.goaway && lean.empty() && nghttp2.starts_with("reset ")) {
      return "a stream's own error when the connection ends";
    }
    return {};
  }

  std::string bytes_;
  Talk<LeanServerSession> lean_;
  Talk<Nghttp2ServerSession> nghttp2_;
  bool has_continuation_ = false;
  bool in_block_ = false;  // that lean has not looked at
  bool late_ = false;      // a frame has come for a stream that was over
  std::set<std::string> excused_;
  std::set<std::uint32_t> excused_streams_;
};

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size; ++at) {
    cuts.push_back(at);
  }
  return cuts;
}

// Requests as nghttp2's own client writes them: padded, with trailers, in many sizes, taken back.
class Nghttp2Client {
 public:
  explicit Nghttp2Client(std::size_t padding) : padding_(padding) {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) {
      throw std::bad_alloc();
    }
    nghttp2_session_callbacks_set_select_padding_callback(callbacks, pad);
    const int error = nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (error != 0) {
      throw std::bad_alloc();
    }
    EXPECT_EQ(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0), 0);
  }
  ~Nghttp2Client() { nghttp2_session_del(session_); }
  Nghttp2Client(const Nghttp2Client&) = delete;
  Nghttp2Client& operator=(const Nghttp2Client&) = delete;

  std::int32_t request(const Fields& fields, std::string body, bool trailers) {
    bodies_.push_back(std::make_unique<Body>(Body{std::move(body), 0, trailers}));
    std::vector<nghttp2_nv> values;
    for (const auto& [name, value] : fields) {
      values.push_back(constant_header(name, value));
    }
    const nghttp2_data_provider body_source{.source = {.ptr = bodies_.back().get()},
                                            .read_callback = read_body};
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, values.data(), values.size(),
                                                   &body_source, nullptr);
    EXPECT_GT(id, 0);
    return id;
  }
  void cancel(std::int32_t id) {
    EXPECT_EQ(nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL), 0);
  }
  void ping() { EXPECT_EQ(nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr), 0); }
  // Appends what it has to say to `sent`, and lets `server` answer, until neither goes on.
  void talk_to(Talk<Nghttp2ServerSession>& server, std::string& sent) {
    while (true) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      ASSERT_GE(size, 0);
      if (size == 0) {
        break;
      }
      const std::string_view text = as_text({bytes, static_cast<std::size_t>(size)});
      sent += text;
      server.say(text);
    }
  }

 private:
  struct Body {
    std::string bytes;
    std::size_t sent;
    bool trailers;
  };
  static ssize_t pad(nghttp2_session*, const nghttp2_frame* frame, std::size_t most, void* user) {
    return static_cast<ssize_t>(
        std::min(most, frame->hd.length + static_cast<Nghttp2Client*>(user)->padding_));
  }
  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                           std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                           void*) {
    Body& body = *static_cast<Body*>(source->ptr);
    const std::string_view rest = std::string_view(body.bytes).substr(body.sent);
    const std::size_t size = std::min(room, rest.size());
    rest.copy(reinterpret_cast<char*>(buffer), size);
    body.sent += size;
    if (size == rest.size()) {
      *flags = NGHTTP2_DATA_FLAG_EOF;
      if (body.trailers) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const nghttp2_nv trailer = constant_header("checksum", "7");
        EXPECT_EQ(nghttp2_submit_trailer(session, id, &trailer, 1), 0);
      }
    }
    return static_cast<ssize_t>(size);
  }

  nghttp2_session* session_ = nullptr;
  std::size_t padding_;
  std::vector<std::unique_ptr<Body>> bodies_;
};

std::string recorded_from_nghttp2(std::size_t padding) {
  Nghttp2Client client(padding);
  Talk<Nghttp2ServerSession> server;
  std::string sent;
  for (const std::size_t size : {0U, 1U, 200U, 3'000U}) {
    client.request(post(), message(std::string(size, 'm')), size % 2 == 1);
    client.talk_to(server, sent);
  }
  const std::int32_t taken_back = client.request(post(), message("cancelled"), false);
  client.request(post({{"grpc-encoding", "gzip"}}), message("x"), false);
  client.request(post({{"user-agent", "nghttp2"}}), message("y"), true);
  client.ping();
  client.talk_to(server, sent);
  client.cancel(taken_back);
  client.request(post_with(":method", "GET"), "", false);
  client.request(post({}, "/no/such"), message("z"), false);
  client.talk_to(server, sent);
  return sent;
}

std::string recorded_from_our_client() {
  const CallTemplate call = make_call_template("x:1", kEcho, "hello", "hellohellohello");
  ClientSession client(call, 8);
  LeanServerSession server;
  EchoHandler handler;
  std::vector<FinishedCall> finished;
  std::string sent;
  std::string to_server;
  client.open(to_server);
  for (int i = 0; i < 3; ++i) {
    std::string to_client;
    EXPECT_EQ(server.receive(as_bytes(to_server), handler, to_client), SessionStatus::open);
    sent += to_server;
    to_server.clear();
    EXPECT_TRUE(client.receive(as_bytes(to_client), finished, to_server));
    while (client.can_start()) {
      client.start_call(0, to_server);
    }
  }
  return sent + to_server;
}

const std::string kSettingsAck = frame(FrameType::settings, http2::kFlagAck, 0, "");

std::vector<std::string> written_by_hand() {
  const std::string whole = block(post());
  const std::uint8_t last = kWhole | kEnds;
  std::vector<std::string> inputs{
      request(1) + request(3, "other") + request(9),
      headers(1, post(), last) + headers(3, post_with(":method", "GET"), last),
      headers(1, post()) + headers(3, post()) + data(3, message("b")) + data(1, message("a")),
      frame(FrameType::headers, 0, 1, whole.substr(0, 9)) +
          continuation(1, whole.substr(9), kWhole) +
          data(1, "\x03" + message("x") + "pad", kEnds | kPadded),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}, last) + request(3),
      settings({{Setting::initial_window_size, 0}}) + request(1, "abc") + window_update(1, 3) +
          settings({{Setting::initial_window_size, 9}}) + window_update(1, 1'000) + request(3),
      settings({{Setting::initial_window_size, 10}}) + request(1, std::string(50, 'x')) +
          settings({{Setting::initial_window_size, 1}}) + window_update(1, 9) +
          window_update(1, 1'000),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"grpc-encoding", "gzip"}}, last),
      request(1) + settings({{Setting::header_table_size, 0}}) + request(3) + request(5),
      headers(1, post()) + rst_stream(1) + request(3) + rst_stream(3) + ping() + request(5),
      headers(1, post()) + goaway() + data(1, message("x")),
      request(1) + frame(FrameType::priority, 0, 9, "12345") + window_update(0, 9) + request(3) +
          frame(static_cast<FrameType>(0x77), 9, 9, "what") + request(5),
      request(1) + request(1),
      request(1) + data(1, "x"),
      request(3) + data(2, "x"),
      request(3) + rst_stream(2),
      request(3) + window_update(2, 1),
      headers(1, post()) + window_update(1, 0),
      headers(1, post()) + window_update(1, 0x7fffffff),
      headers(1, post()) + frame(FrameType::priority, 0, 1, "1234"),
      headers(1, post()) + data(1, "", kPadded),
      kSettingsAck + kSettingsAck + request(1),
      ping() + frame(FrameType::ping, 0, 0, "short"),
      window_update(0, 0x7fffffff),
      continuation(1, "", kWhole),
      frame(FrameType::push_promise, kWhole, 1, u32(2)),
      settings({{Setting::enable_push, 2}}),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{"a", "b"}}),
      headers(1, post()) + data(1, message("x"), 0) + headers(1, {{":path", "/"}}, last),
      frame(FrameType::headers, kWhole, 1, "\xff\xff\xff\xff"),
  };
  const std::vector<Fields> heads{
      post_without(":method"),
      post_without(":scheme"),
      post_without(":path"),
      post_without(":authority"),
      post_with(":method", ""),
      post_with(":scheme", ""),
      post_with(":path", "*"),
      post_with(":path", "no/slash"),
      post_with(":method", "GET"),
      post_with(":method", "CONNECT"),
      post_without("content-type"),
      post_with("content-type", "application/grpc+proto"),
      post_with("content-type", "text/plain"),
      post_with("te", "Trailers"),
      post_with("te", "gzip"),
      post({{"Upper", "x"}}),
      post({{"", "x"}}),
      post({{"a b", "x"}}),
      post({{"a", "b\nc"}}),
      post({{"a", " b"}}),
      post({{"a", ""}}),
      post({{":authority", "x"}}),
      post({{"host", "x"}}),
      post({{"host", "x"}, {"host", "x"}}),
      post({{"host", ""}}),
      post({{"connection", "x"}}),
      post({{"upgrade", "x"}}),
      post({{"transfer-encoding", "x"}}),
      post({{"keep-alive", "x"}}),
      post({{"content-length", "6"}}),
      post({{"content-length", "5"}}),
      post({{"content-length", "7"}}),
      post({{"content-length", "x"}}),
      post({{"content-length", "6"}, {"content-length", "6"}}),
      post({{"grpc-timeout", "1S"}}),
      post({{"grpc-timeout", "S"}}),
      post({{"grpc-encoding", "gzip"}}),
      post({}, "/no/such"),
      Fields{{":method", "CONNECT"}, {":authority", "x"}},
      Fields{{":status", "200"}},
      Fields{{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "x"}},
  };
  for (const Fields& fields : heads) {
    inputs.push_back(headers(1, fields) + data(1, message("x")) + request(3));
    inputs.push_back(headers(1, fields, last) + request(3));
  }
  for (std::string& input : inputs) {
    input.insert(0, hello());
  }
  return inputs;
}

// One of: a bit turned, a frame left out, said twice, put elsewhere; a length or type changed.
std::string mutate(std::string_view bytes, std::mt19937& random) {
  std::vector<std::string> frames;
  for (const Frame& frame : cut_into_frames(bytes)) {
    frames.emplace_back(frame.bytes);
  }
  const auto any = [&](std::size_t below) { return random() % std::max<std::size_t>(1, below); };
  for (std::size_t changes = 1 + any(3); changes > 0 && frames.size() > 2; --changes) {
    const std::size_t at = 1 + any(frames.size() - 1);
    std::string& frame = frames[at];
    switch (any(6)) {
      case 0:
        frame[any(frame.size())] ^= static_cast<char>(1U << any(8));
        break;
      case 1:
        frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 2:
        frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(1 + any(frames.size() - 1)),
                      std::string(frame));
        break;
      case 3:
        std::swap(frame, frames[1 + any(frames.size() - 1)]);
        break;
      case 4:
        frame[std::min(frame.size() - 1, 3 + any(6))] = static_cast<char>(any(12));
        break;
      default:
        frame.resize(any(frame.size()) + 1);
    }
  }
  std::string all;
  for (const std::string& frame : frames) {
    all += frame;
  }
  return all;
}

std::vector<std::string> recorded() {
  return {recorded_from_our_client(), recorded_from_nghttp2(0), recorded_from_nghttp2(7)};
}

TEST(Differential, BytesWrittenByHandCutAnywhere) {
  for (const std::string& input : written_by_hand()) {
    SCOPED_TRACE(as_hex(input));
    Differential both(input);
    both.compare();
    for (std::size_t cut = 0; cut <= both.size() && !HasFailure(); ++cut) {
      both.compare_cut_at({cut});
    }
    both.compare_cut_at(every_byte(both.size()));
    if (HasFailure()) {
      return;
    }
  }
}

TEST(Differential, BytesOfRealClientsCutAnywhere) {
  for (const std::string& input : recorded()) {
    SCOPED_TRACE(as_hex(input));
    Differential both(input);
    both.compare();
    EXPECT_EQ(both.size(), input.size());
    EXPECT_THAT(both.excused(), testing::IsEmpty());
    for (std::size_t cut = 0; cut <= both.size() && !HasFailure(); ++cut) {
      both.compare_cut_at({cut});
    }
    both.compare_cut_at(every_byte(both.size()));
  }
}

TEST(Differential, MutatedBytes) {
  std::vector<std::string> inputs = recorded();
  for (std::string& input : written_by_hand()) {
    inputs.push_back(std::move(input));
  }
  std::mt19937 random(7);  // NOLINT: the same cases every time
  std::map<std::string, int> excused;
  for (int i = 0; i < 20'000 && !HasFailure(); ++i) {
    const std::string input = mutate(inputs[random() % inputs.size()], random);
    SCOPED_TRACE("case " + std::to_string(i) + " " + as_hex(input));
    Differential both(input);
    both.compare();
    both.compare_cut_at({});
    both.compare_cut_at({random() % (both.size() + 1)});
    if (i % 20 == 0) {
      both.compare_cut_at(every_byte(both.size()));
    }
    for (const std::string& why : both.excused()) {
      ++excused[why];
    }
  }
  for (const auto& [why, times] : excused) {
    RecordProperty(why, times);
  }
}

}  // namespace
}  // namespace coresweep
