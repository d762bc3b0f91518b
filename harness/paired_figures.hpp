// Figures of trials or blocks, each of the pair of hosts that it was measured on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace coresweep {

class PairedFigures {
 public:
  enum class Of { kFigures, kRatios };

  explicit PairedFigures(Of what = Of::kFigures) : what_(what) {}

  /// `pair` is empty but of a fleet. `figure` is not negative.
  void add(double figure, const std::string& pair) {
    figures_.push_back(figure);
    pairs_.push_back(pair);
  }

  [[nodiscard]] std::size_t size() const { return figures_.size(); }
  [[nodiscard]] bool empty() const { return figures_.empty(); }

  /// As many as there is independent evidence. Trials of one pair share its machines, so a pair
  /// counts once: with the middle of its figures. That lies halfway between two; of ratios it is
  /// their geometric mean, so that a ratio and its reverse say the same.
  [[nodiscard]] std::vector<double> independent() const;
  /// Of these; of at least one figure.
  [[nodiscard]] double median() const;

 private:
  Of what_;
  std::vector<double> figures_;
  std::vector<std::string> pairs_;  ///< beside them
};

}  // namespace coresweep
