// How a command of coresweep gives up: with one line for the operator and an exit code.
#pragma once

#include <stdexcept>
#include <string>

#include "support/exit.hpp"

namespace coresweep {

/// The operator's flag, plan or machine does not allow what was asked: exit code 2.
class WrongUsage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  static constexpr int kExitCode = kExitWrongUsage;
};

/// It was allowed, but could not be done: exit code 1. Trials already stored stay stored.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  static constexpr int kExitCode = kExitFailed;
};

}  // namespace coresweep
