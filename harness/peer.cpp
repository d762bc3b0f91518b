#include "harness/peer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "harness/failure.hpp"
#include "harness/strict_json.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestFile = 1 << 16;
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kMostWords = 256;
constexpr std::size_t kLongestWord = 4096;
constexpr const char* kCommand = "a list of 1 to 256 texts: a program and its arguments";

const std::vector<std::string> kBuildPlaceholders{"out", "folder"};
const std::vector<std::string> kStartPlaceholders{"address", "port", "threads",
                                                  "cpus",    "out",  "folder"};

// The next {word} of `text` from `from` on: its first and last brace. Other braces are the peer's.
std::optional<std::pair<std::size_t, std::size_t>> next_placeholder(const std::string& text,
                                                                    std::size_t from) {
  for (auto open = text.find('{', from); open != std::string::npos;
       open = text.find('{', open + 1)) {
    const auto close = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", open + 1);
    if (close != std::string::npos && close > open + 1 && text[close] == '}') {
      return std::pair(open, close);
    }
  }
  return std::nullopt;
}

void require_known_placeholders(const StrictObject& fields, const std::string& key,
                                const std::string& text, const std::vector<std::string>& known) {
  for (auto found = next_placeholder(text, 0); found;
       found = next_placeholder(text, found->second)) {
    const std::string name = text.substr(found->first + 1, found->second - found->first - 1);
    if (!contains(known, name)) {
      fields.refuse(key, text, fmt::format("no placeholder but {{{}}}", fmt::join(known, "}, {")));
    }
  }
}

std::vector<std::string> read_command(const StrictObject& fields, const std::string& key,
                                      const Json& value, const std::vector<std::string>& known) {
  if (!value.is_array() || value.empty() || value.size() > kMostWords) {
    fields.refuse(key, value, kCommand);
  }
  std::vector<std::string> words;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const std::string place = fmt::format("{}[{}]", key, i);
    const bool is_text = value[i].is_string();
    const std::string word = is_text ? value[i].get<std::string>() : "";
    if (!is_text || word.size() > kLongestWord || word.find('\0') != std::string::npos ||
        (i == 0 && word.empty())) {
      fields.refuse(place, value[i], i == 0 ? "the program's name or path" : "a text");
    }
    require_known_placeholders(fields, place, word, known);
    words.push_back(word);
  }
  return words;
}

std::string read_name(const StrictObject& fields) {
  const std::string allowed = fmt::format("a text of 1 to {} letters, digits and _", kLongestName);
  const Json* value = fields.find("name");
  if (value == nullptr) {
    fields.refuse_missing("name", allowed);
  }
  const std::string name = value->is_string() ? value->get<std::string>() : "";
  const auto is_allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
  };
  if (name.empty() || name.size() > kLongestName ||
      !std::all_of(name.begin(), name.end(), is_allowed)) {
    fields.refuse("name", *value, allowed);
  }
  return name;
}

std::vector<std::vector<std::string>> read_build(const StrictObject& fields) {
  const Json* value = fields.find("build");
  if (value == nullptr) {
    return {};
  }
  if (!value->is_array() || value->size() > kMostWords) {
    fields.refuse("build", *value, "a list of commands, each a list of texts");
  }
  std::vector<std::vector<std::string>> commands;
  for (std::size_t i = 0; i < value->size(); ++i) {
    commands.push_back(
        read_command(fields, fmt::format("build[{}]", i), (*value)[i], kBuildPlaceholders));
  }
  return commands;
}

// {"port": true} is no text.
std::string read_ready(const StrictObject& fields) {
  const char* allowed = "{\"port\": true} or {\"line\": \"a text of its output\"}";
  const Json* value = fields.find("ready");
  if (value == nullptr) {
    fields.refuse_missing("ready", allowed);
  }
  if (!value->is_object() || value->size() != 1) {
    fields.refuse("ready", *value, allowed);
  }
  const StrictObject inner(fields, "ready", {"port", "line"});
  if (const Json* port = inner.find("port")) {
    if (*port != true) {
      inner.refuse("port", *port, "true");
    }
    return {};
  }
  const std::string line = inner.line_of_text("line", 500);
  if (line.empty()) {
    inner.refuse("line", *inner.find("line"), "a text that a line of its output holds");
  }
  return line;
}

PeerStop read_stop(const StrictObject& fields) {
  const std::string stop = fields.one_of("stop", "SIGTERM", {"SIGTERM", "SIGINT", "stdin"});
  if (stop == "stdin") {
    return PeerStop::kEndOfStdin;
  }
  return stop == "SIGINT" ? PeerStop::kInterrupt : PeerStop::kTerminate;
}

void read_varies(const StrictObject& fields, Peer& peer) {
  const Json* value = fields.find("varies");
  if (value == nullptr) {
    return;
  }
  const char* allowed = "a list of \"threads\" and \"reply_bytes\", or of one of them, or none";
  if (!value->is_array()) {
    fields.refuse("varies", *value, allowed);
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    bool* varied = (*value)[i] == "threads"       ? &peer.varies_threads
                   : (*value)[i] == "reply_bytes" ? &peer.varies_reply_bytes
                                                  : nullptr;
    if (varied == nullptr || *varied) {
      fields.refuse(fmt::format("varies[{}]", i), (*value)[i], allowed);
    }
    *varied = true;
  }
}

}  // namespace

Peer read_peer(const std::string& folder) {
  const std::string file = std::filesystem::path(folder) / "peer.json";
  const StrictDocument document = parse_strict_json(read_text_file(file, kLargestFile), file);
  const StrictObject fields(document,
                            {"name", "summary", "build", "start", "ready", "stop", "varies"});
  Peer peer;
  peer.folder = folder;
  peer.name = read_name(fields);
  peer.summary = fields.line_of_text("summary", 200);
  peer.build = read_build(fields);
  const Json* start = fields.find("start");
  if (start == nullptr) {
    fields.refuse_missing("start", kCommand);
  }
  peer.start = read_command(fields, "start", *start, kStartPlaceholders);
  peer.ready_line = read_ready(fields);
  peer.stop = read_stop(fields);
  read_varies(fields, peer);
  return peer;
}

std::vector<std::string> filled_in(const std::vector<std::string>& command,
                                   const Placeholders& values) {
  std::vector<std::string> words;
  for (const std::string& text : command) {
    std::string word;
    std::size_t from = 0;
    for (auto found = next_placeholder(text, 0); found; found = next_placeholder(text, from)) {
      const auto [open, close] = *found;
      word += text.substr(from, open - from);
      word += values.at(text.substr(open + 1, close - open - 1));
      from = close + 1;
    }
    words.push_back(word + text.substr(from));
  }
  return words;
}

std::string build_folder(const Peer& peer, const std::string& coresweep) {
  return std::filesystem::path(coresweep).parent_path().parent_path() / "peers" / peer.name;
}

Placeholders folders_of(const Peer& peer, const std::string& coresweep) {
  return {{"out", build_folder(peer, coresweep)},
          {"folder", std::filesystem::absolute(peer.folder).lexically_normal()}};
}

std::map<std::string, std::string> files_of(const Peer& peer, const std::string& coresweep) {
  const std::filesystem::path folder(peer.folder);
  std::map<std::string, std::string> files{
      {"peer.json", std::filesystem::absolute(folder / "peer.json")}};
  Placeholders values = folders_of(peer, coresweep);
  for (const std::string& name : kStartPlaceholders) {
    values.try_emplace(name);  // an address is no part of a file's name
  }
  const std::vector<std::string> words = filled_in(peer.start, values);
  for (std::size_t i = 0; i < words.size(); ++i) {
    // A program's name without a folder is looked up in PATH, where it is the system's.
    const bool is_looked_up = i == 0 && words[i].find('/') == std::string::npos;
    const auto path = std::filesystem::absolute(folder / words[i]);
    std::error_code none;
    if (!is_looked_up && std::filesystem::is_regular_file(path, none)) {
      files.try_emplace(peer.start[i], path);
    }
  }
  return files;
}

}  // namespace coresweep
