#include "protocol/differential.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/differential_excuses.hpp"

namespace coresweep::script {
namespace {

using http2::FrameType;

std::string name_of(const std::optional<std::uint32_t>& code) {
  return code ? error_name(*code) : "nothing";
}

std::string in_short(const std::vector<std::string>& calls) {
  std::string words;
  for (const std::string& call : calls) {
    words += std::to_string(call.size()) + " ";
  }
  return words;
}

bool is_error(const ReplyReader& replies) {
  return replies.goaway || std::any_of(replies.streams.begin(), replies.streams.end(),
                                       [](const auto& stream) { return stream.second.reset; });
}

// For messages: which frame it was.
std::string after(const WrittenFrame& frame) {
  return " after a frame of type " + std::to_string(static_cast<int>(frame.header.type)) + " on " +
         std::to_string(frame.header.stream_id);
}

}  // namespace

std::vector<WrittenFrame> cut_into_frames(std::string_view bytes) {
  std::vector<WrittenFrame> frames;
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

bool Differential::expect(bool same, const std::string& what) {
  if (!same) {
    differences_.push_back(what);
  }
  return same;
}

void Differential::compare() {
  std::size_t said = 0;
  for (const WrittenFrame& frame : cut_into_frames(bytes_)) {
    has_continuation_ = has_continuation_ || frame.header.type == FrameType::continuation;
    in_block_ = is_open_block(frame.header);
    late_ = late_ || lean_.replies.is_over(frame.header.stream_id);
    lean_.say(frame.bytes);
    nghttp2_.say(frame.bytes);
    said += frame.bytes.size();
    if (!compare_after(frame) || lean_.is_over() || nghttp2_.is_over()) {
      if (excused_.contains(std::string(kLateFrame))) {
        without_late_frame_ = bytes_;
        without_late_frame_.erase(said - frame.bytes.size(), frame.bytes.size());
      }
      break;
    }
  }
  bytes_.resize(said);  // nothing behind it was compared
}

// False when nothing that follows is to be compared.
bool Differential::compare_after(const WrittenFrame& frame) {
  if (!expect(lean_.replies.wrong().empty(),
              "lean says what no client can read: " + lean_.replies.wrong() + after(frame)) ||
      !expect(nghttp2_.replies.wrong().empty(),
              "nghttp2 says what no client can read: " + nghttp2_.replies.wrong() + after(frame)) ||
      !expect(same_new_calls(), "lean made the calls " + in_short(lean_.calls()) + "and nghttp2 " +
                                    in_short(nghttp2_.calls()) + after(frame))) {
    return false;
  }
  return compare_ends(frame) && (is_open_block(frame.header) || compare_streams(frame));
}

bool Differential::same_new_calls() {
  const auto& lean = lean_.calls();
  const auto& nghttp2 = nghttp2_.calls();
  const auto from = static_cast<std::ptrdiff_t>(std::exchange(calls_compared_, lean.size()));
  return lean.size() == nghttp2.size() &&
         std::equal(lean.begin() + from, lean.end(), nghttp2.begin() + from);
}

bool Differential::compare_ends(const WrittenFrame& frame) {
  const std::string lean = name_of(lean_.replies.goaway);
  const std::string nghttp2 = name_of(nghttp2_.replies.goaway);
  if (lean == nghttp2) {
    const ReplyReader& a = lean_.replies;
    const ReplyReader& b = nghttp2_.replies;
    return expect(lean_.status == nghttp2_.status, "their status differs" + after(frame)) &&
           expect(a.pongs == b.pongs, "one answers a PING" + after(frame)) &&
           expect(a.settings_acks == b.settings_acks, "one acknowledges SETTINGS" + after(frame)) &&
           // Of an error: "might have" been processed, section 6.8.
           expect(a.goaway.value_or(1) != 0 || a.goaway_last_stream_id == b.goaway_last_stream_id,
                  "their last streams differ" + after(frame));
  }
  const auto& streams = lean_.replies.streams;
  const auto found = streams.find(frame.header.stream_id);
  const std::string why =
      excuse_end(frame.header, lean, nghttp2,
                 found == streams.end() ? std::string() : found->second.in_words());
  if (expect(!why.empty(), "lean says " + lean + " and nghttp2 " + nghttp2 + after(frame))) {
    excused_.insert(why);
  }
  return false;
}

bool Differential::compare_streams(const WrittenFrame& frame) {
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
    if (lean.in_words() == nghttp2.in_words() &&
        (compared_streams_.contains(id) ||
         (lean.data == nghttp2.data && lean.heads == nghttp2.heads))) {
      if (lean.ended) {
        compared_streams_.insert(id);
      }
      continue;
    }
    const std::string why = excuse_stream(lean.in_words(), nghttp2.in_words());
    if (!expect(!why.empty(), "of stream " + std::to_string(id) + " lean says '" + lean.in_words() +
                                  "' and " + std::to_string(lean.data.size()) +
                                  " bytes, nghttp2 '" + nghttp2.in_words() + "' and " +
                                  std::to_string(nghttp2.data.size()) + after(frame))) {
      return false;
    }
    excused_.insert(why);
    excused_streams_.insert(id);
  }
  return true;
}

// Why both are right about what became of a stream, or nothing.
std::string Differential::excuse_stream(const std::string& lean, const std::string& nghttp2) const {
  // Section 5.4.1: an error of the connection ends its streams; those in error may be told so.
  if (lean_.replies.goaway && lean.empty() && nghttp2.starts_with("reset ")) {
    return "a stream's own error when the connection ends";
  }
  return {};
}

void Differential::compare_cut_at(const std::vector<std::size_t>& cuts) {
  Talk<LeanServerSession> lean(repeat_);
  Talk<Nghttp2ServerSession> nghttp2(repeat_);
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : bytes_.size();
    lean.say(std::string_view(bytes_).substr(from, to - from));
    nghttp2.say(std::string_view(bytes_).substr(from, to - from));
    from = to;
  }
  const std::string where = " cut " + (cuts.size() == 1 ? "at " + std::to_string(cuts[0])
                                                        : std::to_string(cuts.size()) + " times");
  (void)(expect(lean.calls() == lean_.calls(), "lean makes other calls" + where) &&
         expect(lean.replies.in_words() == lean_.replies.in_words(),
                "lean says other things" + where) &&
         expect(lean.status == lean_.status, "lean ends otherwise" + where));
  for (const auto& [id, stream] : lean_.replies.streams) {
    const ReplyReader::Stream& again = lean.replies.streams[id];
    (void)expect(again.data == stream.data && again.heads == stream.heads,
                 "lean's reply to " + std::to_string(id) + " is another" + where);
  }
  // nghttp2 takes each piece of a CONTINUATION's header for one of the eight it allows a block.
  if (cuts.size() > 1 && has_continuation_) {
    return;
  }
  // nghttp2 writes once a read: what the same read takes back, or breaks, is never written. A
  // stream in error is half-closed until then and forgotten afterwards, and only in the one case
  // do frames that follow end the connection; likewise one that is answered. Without these all
  // is the same.
  const bool error = is_error(nghttp2_.replies) || is_error(lean_.replies) || in_block_ || late_;
  const auto& calls = nghttp2.calls();
  const auto& calls_before = nghttp2_.calls();
  const bool begins_alike = calls.size() <= calls_before.size() &&
                            std::equal(calls.begin(), calls.end(), calls_before.begin());
  (void)(expect(nghttp2.replies.wrong().empty(), "nghttp2: " + nghttp2.replies.wrong() + where) &&
         expect(error ? begins_alike : calls == calls_before,
                "nghttp2 makes other calls" + where) &&
         expect(error || nghttp2.replies.goaway == nghttp2_.replies.goaway,
                "nghttp2 ends otherwise" + where));
  for (const auto& [id, stream] : nghttp2.replies.streams) {
    (void)expect(nghttp2_.replies.streams[id].data.starts_with(stream.data),
                 "nghttp2's reply to " + std::to_string(id) + " is another" + where);
  }
  if (error) {
    return;
  }
  (void)expect(nghttp2.replies.pongs == nghttp2_.replies.pongs, "nghttp2 answers a PING" + where);
  for (const auto& [id, stream] : nghttp2_.replies.streams) {
    const ReplyReader::Stream& again = nghttp2.replies.streams[id];
    (void)expect(!stream.ended || (again.in_words() == stream.in_words() &&
                                   again.data == stream.data && again.heads == stream.heads),
                 "nghttp2's reply to " + std::to_string(id) + " is another" + where);
  }
}

void Differential::compare_cut_anywhere(std::size_t budget) {
  const std::size_t most = std::max<std::size_t>(1, budget / std::max<std::size_t>(1, size()));
  const std::size_t step = std::max<std::size_t>(1, (size() + most - 1) / most);
  for (std::size_t cut = 0; cut <= size() && differences_.empty(); cut += step) {
    compare_cut_at({cut});
  }
  if (step > 1) {  // the places where most is decided are not left to chance
    std::vector<std::size_t> cuts;
    std::size_t start = 0;
    for (const WrittenFrame& frame : cut_into_frames(bytes_)) {
      for (const std::size_t at :
           {start, start + 1, start + http2::kFrameHeaderSize - 1, start + http2::kFrameHeaderSize,
            start + http2::kFrameHeaderSize + 1}) {
        cuts.push_back(std::min(at, size()));
      }
      start += frame.bytes.size();
    }
    std::sort(cuts.begin(), cuts.end());
    compare_cut_at(cuts);
  }
}

void Differential::compare_cut_everywhere() {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size(); ++at) {
    cuts.push_back(at);
  }
  compare_cut_at(cuts);
}

}  // namespace coresweep::script
