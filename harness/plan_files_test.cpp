// The plans that come with coresweep: found by name, and of a length that people wait for.
#include "harness/plan_files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "harness/plan_test_texts.hpp"
#include "harness/strict_json.hpp"
#include "harness/sweep.hpp"
#include "support/build_info.hpp"

namespace coresweep {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::string plans_folder_of_the_tree() {
  return std::string(build_info().source_dir) + "/harness/plans";
}

std::string refusal_of_plan(const std::string& word) {
  try {
    return "found as " + find_plan(word);
  } catch (const WrongUsage& error) {
    return error.what();
  }
}

TEST(PlanFiles, AreFoundByName) {
  const std::string here = std::filesystem::current_path();
  std::filesystem::current_path(testing::TempDir());
  const std::string found = find_plan("bench");
  std::filesystem::current_path(build_info().source_dir);
  const std::string near = find_plan("bench");
  std::filesystem::current_path(here);
  EXPECT_EQ(found, plans_folder_of_the_tree() + "/bench.json");
  EXPECT_EQ(near, "harness/plans/bench.json");  // as short as it can be said
}

TEST(PlanFiles, APathStaysWhatItIs) {
  for (const char* path : {"./bench", "x/bench", "../bench", "/", "mine.json", "./mine.json"}) {
    EXPECT_EQ(find_plan(path), path);
  }
}

TEST(PlanFiles, AnUnknownNameIsAnsweredWithThoseThereAre) {
  const std::string allowed =
      fmt::format("allowed are {}, or a file, such as ./bench.json",
                  listed(plan_names(plans_folder_of_the_tree())));
  for (const std::string& word : {std::string("benhc"), std::string(".."), std::string("."),
                                  std::string(), std::string("BENCH"), std::string(5000, 'x')}) {
    EXPECT_EQ(refusal_of_plan(word), fmt::format("'{}' is no plan: {}", word, allowed));
  }
  EXPECT_THAT(refusal_of_plan("nix"), testing::HasSubstr("allowed are architectures, "));
}

TEST(PlanFiles, AFolderThatIsGoneIsSaid) {
  EXPECT_THROW(static_cast<void>(plan_names("/nowhere")), WrongUsage);
}

TEST(PlanFiles, TheBenchPlanIsShortOnTwoCpus) {
  const std::string file = plans_folder_of_the_tree() + "/bench.json";
  const std::string text = read_text_file(file, 1 << 20);
  const Plan plan = read_plan(text, file, kTwoCpus);
  EXPECT_EQ(Json::parse(text).begin().key(), "question");
  EXPECT_FALSE(plan.question.empty());
  EXPECT_THAT(plan.http2, ElementsAre("nghttp2"));  // lean would be client_bound there
  const std::size_t trials =
      cells_of(plan, kTwoCpus).size() * static_cast<std::size_t>(plan.blocks);
  EXPECT_LT(trials * (plan.warmup + plan.duration + 500ms), 3min);
  EXPECT_THAT(complaint(text, kManyCpus), "accepted");
}

TEST(PlanFiles, TheProtocolPlanIsShortOnTwoCpus) {
  const std::string file = plans_folder_of_the_tree() + "/protocol_weight.json";
  const std::string text = read_text_file(file, 1 << 20);
  const Plan plan = read_plan(text, file, kTwoCpus);
  EXPECT_EQ(plan.question, "How much of an architecture's difference does the protocol hide?");
  EXPECT_THAT(plan.http2, ElementsAre("lean", "nghttp2"));
  const std::size_t trials =
      cells_of(plan, kTwoCpus).size() * static_cast<std::size_t>(plan.blocks);
  EXPECT_LT(expected_time(plan, {trials, 0}), 3min);
  EXPECT_GE(plan.blocks, 6);  // the fewest that give a headline its interval
  EXPECT_THAT(complaint(text, kManyCpus), "accepted");
}

TEST(PlanFiles, TheStallPlanRunsEveryArmWithAndWithoutItAndIsShortOnTwoCpus) {
  const std::string file = plans_folder_of_the_tree() + "/stalls.json";
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, kTwoCpus);
  const auto cells = cells_of(plan, kTwoCpus);
  ASSERT_EQ(cells.size(), 8U);
  EXPECT_EQ(cell_name(cells[1]), "reuseport_loops/lean/t1/c128/s1/wait40ms");
  EXPECT_EQ(cell_name(cells[3]), "reuseport_loops/lean/t1/c128/s1/wait40ms/stall0:200ms");
  EXPECT_EQ(plan.headline->threads, 1);
  EXPECT_EQ(read_plan(read_text_file(file, 1 << 20), file, kManyCpus).headline->threads, 2);
  EXPECT_TRUE(plan.headline->conditions.stall.has_value());
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 3min);
  EXPECT_GE(plan.blocks, 6);  // the fewest that give a headline its interval
}

// The ten that the greeter is to have: what matters here is how many, and two of the names.
PlanContext ten_architectures() {
  PlanContext context = kTwoCpus;
  for (int i = 3; i <= 10; ++i) {
    context.architectures.push_back(fmt::format("architecture_{}", i));
  }
  return context;
}

TEST(PlanFiles, TheArchitecturesPlanTakesSixMinutesOnTwoCpusWithTen) {
  const std::string file = plans_folder_of_the_tree() + "/architectures.json";
  const PlanContext ten = ten_architectures();
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, ten);
  const auto cells = cells_of(plan, ten);
  EXPECT_EQ(cells.size(), 21U);
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 6min);
  EXPECT_GE(plan.blocks, 6);                        // the fewest that give a headline its interval
  EXPECT_THAT(plan.http2, ElementsAre("nghttp2"));  // lean would be client_bound there
}

TEST(PlanFiles, TheEnginesPlanComparesOneArchitectureUnderBoth) {
  const std::string file = plans_folder_of_the_tree() + "/engines.json";
  PlanContext context = kTwoCpus;
  const Plan plan = read_plan(read_text_file(file, 1 << 20), file, context);
  EXPECT_EQ(plan.headline->over(), (Arm{"reuseport_loops", "io_uring", "nghttp2"}));
  EXPECT_EQ(plan.headline->under(), (Arm{"reuseport_loops", "epoll", "nghttp2"}));
  EXPECT_EQ(cells_of(plan, context).size(), 5U);  // io_uring is not built
  context.io_uring = {"", context.architectures};
  const auto cells = cells_of(plan, context);
  EXPECT_EQ(cells.size(), 9U);
  EXPECT_LT(expected_time(plan, {cells.size() * static_cast<std::size_t>(plan.blocks), 0}), 3min);
}

}  // namespace
}  // namespace coresweep
