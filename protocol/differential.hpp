// The same bytes to LeanServerSession and to Nghttp2ServerSession: the same calls, replies and end.
//
// Both are fed frame by frame, and compared after each. Whatever else the bytes are cut into, each
// then has to say again what it said frame by frame. Where the two differ and both are right, the
// difference is excused by name in differential_excuses.cpp, with the section that leaves it open;
// the stream, or for an error of the connection all that follows, is not compared further.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http2_frame.hpp"
#include "protocol/lean_server_session.hpp"
#include "protocol/nghttp2_server_session.hpp"
#include "protocol/talk.hpp"

namespace coresweep::script {

struct WrittenFrame {
  http2::FrameHeader header;
  std::string_view bytes;  ///< header and payload
};

/// The preface counts as the first. What is cut short at the end is left out, unless its header
/// says too much already.
[[nodiscard]] std::vector<WrittenFrame> cut_into_frames(std::string_view bytes);

class Differential {
 public:
  /// The sessions' handlers give each message back `repeat` times.
  Differential(std::string bytes, std::size_t repeat) : bytes_(std::move(bytes)), repeat_(repeat) {}

  /// Frame by frame, each against the other, up to the first error.
  void compare();

  /// After compare(): what each says when the bytes that were compared come cut at these offsets.
  void compare_cut_at(const std::vector<std::size_t>& cuts);

  /// At one offset after the other: at all of them, or at so many, evenly spread, that about
  /// `budget` bytes pass through each session, and then about every frame's header at once.
  void compare_cut_anywhere(std::size_t budget);
  void compare_cut_everywhere();

  /// How much of the bytes compare() came to.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  /// What was found that nothing excuses, in words; and what was excused.
  [[nodiscard]] const std::vector<std::string>& differences() const { return differences_; }
  [[nodiscard]] const std::set<std::string>& excused() const { return excused_; }
  /// The bytes without the frame of a closed stream that ended the comparison, if one did: with
  /// them it can go on. Else empty.
  [[nodiscard]] const std::string& without_late_frame() const { return without_late_frame_; }

 private:
  [[nodiscard]] bool expect(bool same, const std::string& what);
  [[nodiscard]] bool compare_after(const WrittenFrame& frame);
  [[nodiscard]] bool same_new_calls();
  [[nodiscard]] bool compare_ends(const WrittenFrame& frame);
  [[nodiscard]] bool compare_streams(const WrittenFrame& frame);
  [[nodiscard]] std::string excuse_stream(const std::string& lean,
                                          const std::string& nghttp2) const;

  std::string bytes_;
  std::size_t repeat_;
  Talk<LeanServerSession> lean_{repeat_};
  Talk<Nghttp2ServerSession> nghttp2_{repeat_};
  bool has_continuation_ = false;
  bool in_block_ = false;  // that lean has not looked at
  bool late_ = false;      // a frame has come for a stream that was over
  std::vector<std::string> differences_;
  std::set<std::string> excused_;
  std::size_t calls_compared_ = 0;
  std::set<std::uint32_t> excused_streams_;
  std::set<std::uint32_t> compared_streams_;  // their replies are whole: nothing can follow
  std::string without_late_frame_;
};

}  // namespace coresweep::script
