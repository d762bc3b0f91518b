#include "harness/run_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <tuple>

#include "harness/failure.hpp"
#include "harness/fingerprint.hpp"
#include "harness/headline.hpp"
#include "harness/result_store.hpp"
#include "harness/stored_headline.hpp"
#include "harness/stored_lines.hpp"
#include "harness/stored_ratio.hpp"
#include "harness/stored_run.hpp"
#include "harness/wording.hpp"

namespace coresweep {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestQuestion = 60;
constexpr std::size_t kLongestCounts = 120;

// The factors that `side` of the stored headline asks for: its own, and those of both sides.
Factors side_factors(const Json& headline, const Arm& side) {
  static const std::set<std::string> kOwn = {"architecture", "engine", "http2"};
  Factors wanted;
  for (const auto& [key, value] : headline.items()) {
    if (!kOwn.contains(key) && !key.starts_with("against")) {
      wanted[key] = value;
    }
  }
  for (const auto& [key, value] : {std::pair("architecture", &side.architecture),
                                   {"engine", &side.engine}, {"http2", &side.http2}}) {
    if (!value->empty()) {
      wanted[key] = *value;
    }
  }
  return wanted;
}

// What the headline says beside factors is no condition; what it does not say is none either.
bool has_factors(const StoredCell& cell, const Factors& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&cell](const auto& each) {
    if (each.first == "rate") {
      return rate_of(cell.factors.at("rate_per_s"), cell.factors.at("rate_share")) == each.second;
    }
    const auto own = cell.factors.find(each.first);
    return own == cell.factors.end() || own->second == each.second;
  });
}

// Names of the cells of arms with these factors: one, unless the headline leaves them open.
std::vector<std::string> cells_with(const StoredRun& run, const Factors& wanted) {
  std::vector<std::string> names;
  for (const auto& [key, cell] : run.cells) {
    if (key.first == kArmRole && has_factors(cell, wanted)) {
      names.push_back(key.second);
    }
  }
  return names;
}

// The plan as far as a comparison is named by it: by what it has several of.
Plan naming_plan(const StoredRun& run, const std::string& where) {
  Plan plan;
  plan.http2 = run.http2;
  plan.engines = run.engines;
  plan.conditions = run.conditions;
  std::vector<std::string> keys = kLoadKeys;
  keys.emplace_back("mode");
  const Json load = only_keys(find_stored(run.record, "/plan"), keys);
  // "auto" was settled, and how many there may be was looked up, before it ran.
  constexpr int kAnyConnections = std::numeric_limits<int>::max();
  plan.load = read_loads(StrictObject(load, where, "plan", keys), [](int) { return 1; },
                         kAnyConnections);
  return plan;
}

Headline named_headline(const Json& stored, const StoredHeadline& sides, const std::string& where,
                        const Plan& plan) {
  const auto& [over, under] = sides;
  Headline headline{over.architecture, over.http2, under.architecture, under.http2};
  headline.engine = over.engine;
  headline.against_engine = under.engine;
  const Json conditions = only_keys(&stored, kConditionKeys);
  const Json load = only_keys(&stored, kLoadKeys);
  headline.conditions = read_choice(StrictObject(conditions, where, "headline", kConditionKeys),
                                    plan.conditions);
  headline.load =
      read_load_choice(StrictObject(load, where, "headline", kLoadKeys), plan.load);
  return headline;
}

void add_headline(const StoredRun& run, ListedRun& listed) {
  if (!listed.capacity_p99.empty()) {
    listed.headline = fmt::format(
        "a search for capacity, p99 from due of at most {}: coresweep resume {} tells its answer",
        listed.capacity_p99, run.folder);
    return;
  }
  const auto sides = stored_headline(run.record);
  if (!sides) {
    listed.headline = "no headline: the plan compares nothing";
    return;
  }
  const Json& headline = *find_stored(run.record, "/headline");
  const auto over = cells_with(run, side_factors(headline, sides->over));
  const auto under = cells_with(run, side_factors(headline, sides->under));
  if (over.empty() || under.empty()) {
    listed.headline = "no headline: no trial of its cell yet";
    return;
  }
  if (over.size() > 1 || under.size() > 1) {
    listed.headline = "no headline here: it does not say which of several cells";
    return;
  }
  const Factors& factors = run.cells.at({kArmRole, over.front()}).factors;
  const ComparedFigure figure = figure_of(factors);
  const std::string where = run.folder + "/run.json";
  const Plan plan = naming_plan(run, where);
  const std::string arms = comparison_text(plan, named_headline(headline, *sides, where, plan));
  const bool is_plain = arms == fmt::format("{} / {}", sides->over.architecture,
                                            sides->under.architecture);
  RatioOfBlocks ratio = ratio_of_trials(run, trials_of_cell(run, kArmRole, over.front()),
                                        trials_of_cell(run, kArmRole, under.front()), figure);
  ratio.what =
      figure == ComparedFigure::kLatency ? fmt::format("{}, {}", kLatencyRatio, arms) : arms;
  listed.headline = text_beside_noise(
      run, ratio, figure,
      is_plain ? "no headline" : fmt::format("no headline ({})", ratio.what));
  listed.figure = figure;
  if (!ratio.is_refused()) {
    listed.ratio = ratio.interval();
  }
}

std::string machine_words(const Json& record) {
  const Json* cpus = find_stored(record, "/machine/cpus_online");
  const std::string model = stored_text(record, "/machine/cpu_model");
  return fmt::format("{}, {} CPUs{}", model.empty() ? "unknown machine" : model,
                     cpus == nullptr ? "?" : cpus->dump(),
                     ran_over_hosts(record) ? ", " + where_it_ran(record) : std::string());
}

ListedRun listed_run(const fs::path& folder) {
  ListedRun listed;
  listed.name = folder.filename();
  try {
    const StoredRun run = read_run_figures(folder);
    listed.started_at = stored_text(run.record, "/started_at");
    listed.plan = plan_name(stored_text(run.record, "/plan_file"));
    listed.question = stored_text(run.record, "/plan/question");
    listed.machine = machine_words(run.record);
    listed.where = where_it_ran(run.record);
    // Reruns and searches make a plan's own number no measure of how far it is.
    listed.has_ended = run.has_ended;
    listed.capacity_p99 = capacity_p99_of(run);
    if (const Json* planned = find_stored(run.record, "/trials_planned");
        planned != nullptr && planned->is_number_unsigned()) {
      listed.planned = planned->get<std::size_t>();
    }
    for (const std::vector<StoredTrial>* trials : {&run.trials, &run.others}) {
      for (const StoredTrial& trial : *trials) {
        listed.stored += trial.is_superseded ? 0U : 1U;
        listed.has_searched = listed.has_searched || trial.role == kCapacityRole;
        // A twin or a search has verdicts because that is its work.
        const bool is_judged = (trial.role == kArmRole || trial.role == kCeilingRole) &&
                               !trial.is_superseded;
        listed.judged += is_judged ? 1U : 0U;
        listed.valid += is_judged && trial.is_valid() ? 1U : 0U;
        for (const std::string& verdict : is_judged ? trial.verdicts : std::vector<std::string>()) {
          ++listed.verdicts[verdict];
        }
      }
    }
    add_headline(run, listed);
  } catch (const std::exception& error) {
    listed.why_broken = error.what();
  }
  return listed;
}

std::string state_words(const ListedRun& run) {
  const std::string state = fmt::format("{} of {}{} trials{}", run.stored,
                                        run.has_searched ? "about " : "",
                                        run.planned ? std::to_string(*run.planned) : "?",
                                        run.is_complete() ? "" : " (interrupted or running)");
  if (!run.capacity_p99.empty()) {
    return state;
  }
  const std::string counts = shortened_line(format_counts(run.verdicts), kLongestCounts);
  return fmt::format("{}, of arms and ceilings {} of {} valid{}", state, run.valid, run.judged,
                     counts.empty() ? counts : fmt::format(" ({})", counts));
}

}  // namespace

std::vector<ListedRun> list_runs(const std::string& results) {
  std::error_code error;
  std::vector<ListedRun> runs;
  fs::directory_iterator entry(results, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code is_gone;
    if (entry->is_directory(is_gone)) {
      runs.push_back(listed_run(entry->path()));
    }
  }
  if (error) {
    throw WrongUsage(fmt::format("{}: {} (--results)", results, error.message()));
  }
  std::sort(runs.begin(), runs.end(), [](const ListedRun& one, const ListedRun& other) {
    const auto order = [](const ListedRun& run) {
      return std::tuple(run.why_broken.empty(), run.started_at, run.name);
    };
    return order(one) > order(other);
  });
  return runs;
}

std::vector<std::string> list_lines(const std::vector<ListedRun>& runs) {
  std::size_t name_width = 0;
  std::size_t state_width = 0;
  for (const ListedRun& run : runs) {
    name_width = std::max(name_width, printable_line(run.name).size());
    state_width = std::max(state_width, run.why_broken.empty() ? state_words(run).size() : 0);
  }
  std::vector<std::string> lines;
  for (const ListedRun& run : runs) {
    const std::string name = fmt::format("{:<{}}", printable_line(run.name), name_width);
    if (!run.why_broken.empty()) {
      lines.push_back(fmt::format("{}  no run: {}", name, printable_line(run.why_broken)));
      continue;
    }
    const std::string question = shortened_line(run.question, kLongestQuestion);
    lines.push_back(fmt::format("{}  {:<20}  {:<{}}  {}; {}; {}{}", name,
                                printable_line(run.started_at), state_words(run), state_width,
                                printable_line(run.headline), printable_line(run.machine), run.plan,
                                question.empty() ? "" : ": " + question));
  }
  return lines;
}

Json to_json(const std::vector<ListedRun>& runs) {
  Json list = Json::array();
  for (const ListedRun& run : runs) {
    if (!run.why_broken.empty()) {
      list.push_back({{"name", run.name}, {"why_broken", run.why_broken}});
      continue;
    }
    Json headline = {{"text", run.headline},
                     {"figure", run.figure ? Json(stored_name(*run.figure)) : Json()},
                     {"ratio", nullptr},
                     {"low", nullptr},
                     {"high", nullptr},
                     {"coverage", nullptr}};
    if (run.ratio) {
      headline["ratio"] = run.ratio->median;
      headline["low"] = run.ratio->low;
      headline["high"] = run.ratio->high;
      headline["coverage"] = run.ratio->coverage > 0 ? Json(run.ratio->coverage) : Json();
    }
    list.push_back({{"name", run.name},
                    {"why_broken", nullptr},
                    {"started_at", run.started_at},
                    {"plan", run.plan},
                    {"question", run.question},
                    {"machine", run.machine},
                    {"where", run.where},
                    {"trials_stored", run.stored},
                    {"trials_planned", run.planned ? Json(*run.planned) : Json()},
                    {"trials_judged", run.judged},
                    {"trials_valid", run.valid},
                    {"verdicts", run.verdicts},
                    {"capacity_p99", run.capacity_p99.empty() ? Json() : Json(run.capacity_p99)},
                    {"complete", run.is_complete()},
                    {"headline", headline}});
  }
  return list;
}

}  // namespace coresweep
