// What a command, or a key of the plan, makes of a plan that would otherwise run as it stands.
#include "harness/failure.hpp"
#include "harness/plan.hpp"
#include "harness/sequential_looks.hpp"
#include "support/decimal.hpp"

namespace coresweep {

std::optional<double> parse_until_ci(std::string_view text) {
  const auto share = parse_percent(text);
  return share && *share >= 0.001 && *share <= 0.5 ? share : std::nullopt;
}

void search_capacity(Plan& plan, std::chrono::nanoseconds p99) {
  if (plan.load.mode == Mode::churn) {
    throw WrongUsage("capacity: a plan of mode churn has no rate: allowed are closed, constant and "
                     "poisson");
  }
  if (plan.load.mode == Mode::closed) {
    plan.load.mode = Mode::poisson;
  }
  plan.load.rates = {{0, 100}};
  plan.capacity_p99 = p99;
  plan.until_ci.reset();
  plan.twin_blocks = 0;
  plan.controls = false;
  plan.ceiling = false;
  plan.trace = false;
  if (plan.headline) {
    plan.headline->load.shape = {plan.load.mode, 0, 0, 0};
    plan.headline->load.share_percent = 100;
  }
}

void end_at_looks(Plan& plan, double until_ci) {
  plan.until_ci = until_ci;
  plan.blocks = kLooks.back();
}

}  // namespace coresweep
