#include "harness/paired_figures.hpp"

#include <gmock/gmock.h>

namespace coresweep {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(PairedFigures, OfNoFleetEachIsItsOwn) {
  PairedFigures figures;
  EXPECT_THAT(figures.independent(), IsEmpty());
  for (const double figure : {3.0, 1.0, 1.0}) {
    figures.add(figure, "");
  }
  EXPECT_EQ(figures.size(), 3U);
  EXPECT_THAT(figures.independent(), ElementsAre(3.0, 1.0, 1.0));
}

TEST(PairedFigures, APairCountsOnceAndItsReverseSaysTheSame) {
  PairedFigures ratios(PairedFigures::Of::kRatios);
  PairedFigures reverse(PairedFigures::Of::kRatios);
  const std::pair<double, const char*> all[] = {
      {4.0, "b"}, {1.0, "b"}, {9.0, "a"}, {2.0, "a"}, {5.0, "a"}};
  for (const auto& [ratio, pair] : all) {
    ratios.add(ratio, pair);
    reverse.add(1 / ratio, pair);
  }
  EXPECT_EQ(ratios.size(), 5U);
  EXPECT_THAT(ratios.independent(), ElementsAre(DoubleEq(5.0), DoubleEq(2.0)));
  EXPECT_THAT(reverse.independent(), ElementsAre(DoubleEq(1 / 5.0), DoubleEq(0.5)));
}

TEST(PairedFigures, OfTwoThatAreNoRatioItIsHalfway) {
  PairedFigures figures;
  figures.add(0.0, "a");
  figures.add(3.0, "a");
  EXPECT_THAT(figures.independent(), ElementsAre(1.5));
}

}  // namespace
}  // namespace coresweep
