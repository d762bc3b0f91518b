#include "support/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "support/build_info.hpp"
#include "support/duration.hpp"

namespace coresweep {

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  app.set_version_flag("--version", std::string(build_info().version));
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& asked_for_text) {
    return exit_after_output(app.get_name(), app.exit(asked_for_text));
  } catch (const CLI::ParseError& error) {
    std::string message = error.what();
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    // CLI11 names the flag in every text; what is allowed it leaves out of these two.
    if (code == CLI::ExitCodes::ExtrasError) {
      message += fmt::format(" (see {} --help)", app.get_name());
    } else if (code == CLI::ExitCodes::ArgumentMismatch) {
      message += ": each flag once, each with its value";
    }
    print_error(app.get_name(), message);
    return kExitWrongUsage;
  }
}

CLI::Validator whole_number_between(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && value >= least && value <= most
               ? std::string()
               : fmt::format("'{}': allowed is a whole number from {} to {}", text, least, most);
  };
  return {check, fmt::format("WHOLE NUMBER in [{} - {}]", least, most)};
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  const auto check = [names](std::string& text) {
    return std::find(names.begin(), names.end(), text) != names.end()
               ? std::string()
               : fmt::format("'{}': allowed is {}", text, fmt::join(names, " or "));
  };
  return {check, fmt::format("{}", fmt::join(names, "|"))};
}

CLI::Validator duration_between(std::string_view least, std::string_view most) {
  const auto check = [least = std::string(least), most = std::string(most)](std::string& text) {
    const auto value = parse_duration(text);
    if (!value) {
      return fmt::format("'{}' is no duration: allowed is {}", text, kDurationForm);
    }
    if (*value < parse_duration(least).value() || *value > parse_duration(most).value()) {
      return fmt::format("'{}' is out of range: allowed is {} to {}", text, least, most);
    }
    return std::string();
  };
  return {check, fmt::format("DURATION in [{} - {}]", least, most)};
}

}  // namespace coresweep
