// Requests as nghttp2's own client writes them: padded, with trailers, in many sizes, taken back.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/frame_script.hpp"
#include "protocol/nghttp2_header.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/talk.hpp"

namespace coresweep::script {

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

}  // namespace coresweep::script
