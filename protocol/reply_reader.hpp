// What a server session says, read as the strictest of clients would, and put into words.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/grpc_frame.hpp"
#include "protocol/http2_frame.hpp"
#include "protocol/plain_coders.hpp"

namespace coresweep::script {

inline std::string error_name(std::uint32_t code) {
  static constexpr std::array<std::string_view, 14> kNames{"NO_ERROR",
                                                           "PROTOCOL_ERROR",
                                                           "INTERNAL_ERROR",
                                                           "FLOW_CONTROL_ERROR",
                                                           "SETTINGS_TIMEOUT",
                                                           "STREAM_CLOSED",
                                                           "FRAME_SIZE_ERROR",
                                                           "REFUSED_STREAM",
                                                           "CANCEL",
                                                           "COMPRESSION_ERROR",
                                                           "CONNECT_ERROR",
                                                           "ENHANCE_YOUR_CALM",
                                                           "INADEQUATE_SECURITY",
                                                           "HTTP_1_1_REQUIRED"};
  return code < kNames.size() ? std::string(kNames[code]) : std::to_string(code);
}

class ReplyReader {
 public:
  struct Stream {
    std::vector<std::vector<std::string>> heads;  ///< each block's fields, as name=value
    std::string data;
    bool ended = false;
    std::optional<std::uint32_t> reset;

    /// What became of it in a word or three: "answered", "grpc 12", "http 405", "reset ...".
    [[nodiscard]] std::string in_words() const {
      std::string words;
      if (ended) {
        const std::string& last = heads.back().front();
        if (heads.size() == 2) {
          words.append(last == "grpc-status=0" ? "answered" : "wrong trailers ");
        } else if (heads.back().size() == 1) {
          words.append("http ").append(last, last.find('=') + 1);
        } else {
          const std::string& status = heads.back().at(2);
          words.append("grpc ").append(status, status.find('=') + 1);
        }
      } else if (!heads.empty()) {
        words = "began";
      }
      if (reset) {
        words.append(words.empty() ? "reset " : " then reset ").append(error_name(*reset));
      }
      return words;
    }
  };

  /// As a client does that has said so in its SETTINGS, which the server has acknowledged.
  void set_table_size(std::size_t size) {
    if (!inflater_.set_table_size(size)) {
      wrong_ = "table size";
    }
  }

  void read(std::string_view output) {
    const auto error =
        frames_.read(as_bytes(output), [&](const http2::FrameHeader& header, Bytes payload) {
          on_frame(header, payload);
          return http2::ErrorCode::no_error;
        });
    if (error != http2::ErrorCode::no_error) {
      wrong_ = "a frame above the size limit";
    }
  }

  /// Streams in the order in which they ended or were reset, then what was said of the connection:
  /// "1 answered, 3 reset CANCEL, pong, goaway PROTOCOL_ERROR".
  [[nodiscard]] std::string in_words() const {
    std::string words;
    const auto add = [&](const std::string& more) {
      words.append(words.empty() ? "" : ", ").append(more);
    };
    for (const std::uint32_t id : order_) {
      add(std::to_string(id) + " " + streams.at(id).in_words());
    }
    if (pongs != 0) {
      add(pongs == 1 ? "pong" : std::to_string(pongs) + " pongs");
    }
    if (goaway) {
      add(std::string("goaway ").append(error_name(*goaway)));
    }
    if (!wrong_.empty()) {
      add(std::string("WRONG: ").append(wrong_));
    }
    return words;
  }

  [[nodiscard]] bool is_over(std::uint32_t id) const {
    const auto found = streams.find(id);
    return found != streams.end() && (found->second.ended || found->second.reset);
  }

  /// Empty as long as a client could make sense of it all.
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

  std::map<std::uint32_t, Stream> streams;
  std::vector<std::string> frame_order;  ///< DATA and HEADERS as they came: "DATA 1 16384"
  std::map<std::uint32_t, std::uint64_t> granted;  ///< WINDOW_UPDATE's increments by stream
  int pongs = 0;
  int settings_acks = 0;
  std::optional<std::uint32_t> goaway;
  std::uint32_t goaway_last_stream_id = 0;

 private:
  void on_frame(const http2::FrameHeader& header, Bytes payload) {
    using http2::FrameType;
    if (goaway && *goaway != 0) {
      wrong_ = "a frame behind the last GOAWAY";
    }
    switch (header.type) {
      case FrameType::headers:
      case FrameType::data:
        on_reply(header, payload);
        break;
      case FrameType::rst_stream:
        streams[header.stream_id].reset = http2::read_u32(payload.data());
        if (!streams[header.stream_id].ended) {
          order_.push_back(header.stream_id);
        }
        break;
      case FrameType::goaway:
        goaway_last_stream_id = http2::read_u32(payload.data());
        goaway = http2::read_u32(payload.data() + 4);
        break;
      case FrameType::window_update:
        granted[header.stream_id] += http2::read_u32(payload.data());
        break;
      case FrameType::ping:
        pongs += header.has(http2::kFlagAck) ? 1 : 0;
        break;
      case FrameType::settings:
        settings_acks += header.has(http2::kFlagAck) ? 1 : 0;
        break;
      default:
        wrong_ = "a frame that no server of ours sends";
    }
  }

  void on_reply(const http2::FrameHeader& header, Bytes payload) {
    Stream& stream = streams[header.stream_id];
    if (stream.ended || stream.reset) {
      wrong_ = "a reply that goes on behind its end";
    }
    const bool is_data = header.type == http2::FrameType::data;
    if (is_data) {
      append(stream.data, payload);
    } else {
      stream.heads.push_back(inflate(payload));
    }
    if (stream.heads.empty() || stream.heads.back().empty()) {
      wrong_ = "DATA before HEADERS, or a block that says nothing";
      return;
    }
    std::string& words = frame_order.emplace_back(is_data ? "DATA " : "HEADERS ");
    words.append(std::to_string(header.stream_id));
    if (is_data) {
      words.append(" ").append(std::to_string(payload.size()));
    }
    if (header.has(http2::kFlagEndStream)) {
      stream.ended = true;
      order_.push_back(header.stream_id);
    }
  }

  std::vector<std::string> inflate(Bytes block) {
    std::optional<std::vector<std::string>> fields = inflater_.decode(block);
    if (!fields) {
      wrong_ = "a header block that cannot be decoded";
    }
    return std::move(fields).value_or(std::vector<std::string>());
  }

  PlainInflater inflater_;
  http2::FrameReader frames_;
  std::vector<std::uint32_t> order_;
  std::string wrong_;
};

}  // namespace coresweep::script
