// The keys are those of google-benchmark's src/json_reporter.cc.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/run_export.hpp"
#include "harness/statistics.hpp"
#include "harness/stored_lines.hpp"
#include "harness/stored_ratio.hpp"

namespace coresweep {
namespace {

constexpr double kNanoseconds = 1e9;

// A valid trial, by the names that google-benchmark has for its figures.
struct Repetition {
  std::uint64_t iterations = 0;
  double real_time_ns = 0;
  double cpu_time_ns = 0;
  std::map<std::string, double> counters;
};

struct Benchmark {
  int threads = 1;
  std::vector<Repetition> repetitions;
};

// Nothing where the server's CPU time is not known, without which compare.py cannot read an entry.
std::optional<Repetition> repetition_of(const StoredTrial& trial) {
  const auto user_s = number_at(trial, "/server/cpu_user_s");
  const auto system_s = number_at(trial, "/server/cpu_system_s");
  const auto window_s = number_at(trial, "/server/window_s");
  if (!user_s || !system_s || !window_s || *window_s == 0) {
    return std::nullopt;
  }
  const double throughput_per_s = *trial.throughput_per_s;
  Repetition repetition;
  const Json* answered = find_stored(trial.json, "/requests_answered");
  repetition.iterations =
      answered != nullptr && answered->is_number_unsigned() ? answered->get<std::uint64_t>() : 0;
  repetition.real_time_ns = kNanoseconds / throughput_per_s;
  repetition.cpu_time_ns = kNanoseconds * (*user_s + *system_s) / *window_s / throughput_per_s;
  repetition.counters["items_per_second"] = throughput_per_s;
  for (const char* latency : {"latency_from_sent", "latency_from_due"}) {
    for (const char* percentile : {"p50", "p99"}) {
      const auto figure_ns = number_at(trial, fmt::format("/{}_ns/{}", latency, percentile));
      if (figure_ns) {
        repetition.counters[fmt::format("{}_{}_ns", latency, percentile)] = *figure_ns;
      }
    }
  }
  return repetition;
}

struct Aggregate {
  const char* name;
  double (*of)(std::vector<double> values);
};

double mean_of(std::vector<double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(std::vector<double> values) {
  const double middle = mean_of(values);
  double squares = 0;
  for (const double value : values) {
    squares += (value - middle) * (value - middle);
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

constexpr Aggregate kAggregates[] = {
    {"mean", mean_of}, {"median", median}, {"stddev", deviation_of}};

Json entry_head(const std::string& name, const std::string& cell, std::size_t family,
                const char* run_type, const Benchmark& benchmark) {
  return {{"name", name},
          {"family_index", family},
          {"per_family_instance_index", 0},
          {"run_name", cell},
          {"run_type", run_type},
          {"repetitions", benchmark.repetitions.size()},
          {"threads", benchmark.threads}};
}

Json iteration_entry(const std::string& cell, std::size_t family, const Benchmark& benchmark,
                     std::size_t index) {
  const Repetition& repetition = benchmark.repetitions[index];
  Json entry = entry_head(cell, cell, family, "iteration", benchmark);
  entry["repetition_index"] = index;
  entry["iterations"] = repetition.iterations;
  entry["real_time"] = repetition.real_time_ns;
  entry["cpu_time"] = repetition.cpu_time_ns;
  entry["time_unit"] = "ns";
  for (const auto& [name, value] : repetition.counters) {
    entry[name] = value;
  }
  return entry;
}

Json aggregate_entry(const std::string& cell, std::size_t family, const Benchmark& benchmark,
                     const Aggregate& aggregate) {
  std::vector<double> real_times;
  std::vector<double> cpu_times;
  std::map<std::string, std::vector<double>> counters;
  for (const Repetition& repetition : benchmark.repetitions) {
    real_times.push_back(repetition.real_time_ns);
    cpu_times.push_back(repetition.cpu_time_ns);
    for (const auto& [name, value] : repetition.counters) {
      counters[name].push_back(value);
    }
  }
  Json entry = entry_head(fmt::format("{}_{}", cell, aggregate.name), cell, family, "aggregate",
                          benchmark);
  entry["aggregate_name"] = aggregate.name;
  entry["aggregate_unit"] = "time";
  entry["iterations"] = benchmark.repetitions.size();
  entry["real_time"] = aggregate.of(real_times);
  entry["cpu_time"] = aggregate.of(cpu_times);
  entry["time_unit"] = "ns";
  for (const auto& [name, values] : counters) {
    if (values.size() == benchmark.repetitions.size()) {  // else of those that happen to have it
      entry[name] = aggregate.of(values);
    }
  }
  return entry;
}

Json context_of(const StoredRun& run, const LeftOut& left_out) {
  const Json& record = run.record;
  Json context = {{"date", stored_text(record, "/started_at")}, {"executable", "coresweep"}};
  if (const Json* cpus = find_stored(record, "/machine/cpus_online")) {
    context["num_cpus"] = *cpus;
  }
  context["caches"] = Json::array();
  context["load_avg"] = Json::array();
  const std::string built = stored_text(record, "/build/build_type");
  context["library_build_type"] = built == "Debug" ? "debug" : "release";
  for (const auto& [name, path] : {std::pair("cpu_model", "/machine/cpu_model"),
                                   {"kernel", "/machine/kernel"},
                                   {"git_revision", "/build/git_revision"},
                                   {"question", "/plan/question"}}) {
    context[name] = stored_text(record, path);
  }
  for (const auto& [why, count] : left_out) {
    context["left_out " + why] = std::to_string(count);
  }
  return context;
}

}  // namespace

LeftOut write_google_benchmark(const StoredRun& run, const Write& write) {
  LeftOut left_out;
  // As in a headline, and in compare: what is left of some cells is a selected answer.
  std::map<std::string, CellTrials> cells;
  for (const StoredTrial& trial : run.trials) {
    cells[trial.cell].add(trial, ComparedFigure::kThroughput);
  }
  std::map<std::string, Benchmark> benchmarks;  // by name: the same order in every run
  each_trial_again(run, [&](const StoredTrial& trial) {
    if (trial.is_superseded) {
      ++left_out["superseded"];
    } else if (trial.role != kArmRole) {
      ++left_out["of other roles"];
    } else if (trial.json.at("factors").value("rate_per_s", Json()).is_number()) {
      // At a given rate a request takes as long as the rate says, and all would look alike.
      ++left_out["at a given rate"];
    } else if (!trial.is_valid()) {
      ++left_out["not valid"];
    } else if (cells.at(trial.cell).is_refused()) {
      ++left_out["valid ones of cells whose others leave no answer"];
    } else if (auto repetition = repetition_of(trial)) {
      Benchmark& benchmark = benchmarks[trial.cell];
      benchmark.threads = trial.threads;
      benchmark.repetitions.push_back(std::move(*repetition));
    } else {
      ++left_out["without the server's CPU time"];
    }
  });
  write(fmt::format("{{\n\"context\": {},\n\"benchmarks\": [",
                    context_of(run, left_out).dump(2, ' ', false, Json::error_handler_t::replace)));
  std::size_t family = 0;
  std::string separator = "\n";
  const auto print_entry = [&](const Json& entry) {
    write(separator + entry.dump(-1, ' ', false, Json::error_handler_t::replace));
    separator = ",\n";
  };
  for (const auto& [cell, benchmark] : benchmarks) {
    for (std::size_t index = 0; index < benchmark.repetitions.size(); ++index) {
      print_entry(iteration_entry(cell, family, benchmark, index));
    }
    if (benchmark.repetitions.size() > 1) {
      for (const Aggregate& aggregate : kAggregates) {
        print_entry(aggregate_entry(cell, family, benchmark, aggregate));
      }
    }
    ++family;
  }
  write("\n]\n}\n");
  return left_out;
}

}  // namespace coresweep
