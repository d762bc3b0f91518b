#include "harness/answer_form.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>

namespace coresweep {

std::shared_ptr<AnswerForm> add_json_flag(CLI::App& command) {
  auto form = std::make_shared<AnswerForm>(AnswerForm::kText);
  command.add_flag_callback(
      "--json", [form] { *form = AnswerForm::kJson; }, "one JSON object instead of text");
  return form;
}

void print_in_form(AnswerForm form, const Json& record, const std::vector<std::string>& lines) {
  const std::string text =
      form == AnswerForm::kJson
          ? record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
          : fmt::format("{}\n", fmt::join(lines, "\n"));
  // Not fmt::print, which throws where a full disk is: exit_after_output says that once for all.
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace coresweep
