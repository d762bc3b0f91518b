// peer.json's form: what may stand in it, and the defaults.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "harness/failure.hpp"
#include "harness/peer.hpp"
#include "harness/strict_json.hpp"
#include "support/contains.hpp"

namespace coresweep {
namespace {

constexpr std::size_t kLargestFile = 1 << 16;
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kLongestLine = 500;
constexpr std::size_t kMostWords = 256;
constexpr std::size_t kLongestWord = 4096;
constexpr std::int64_t kMostLockedMemory = std::int64_t{1} << 40;
constexpr const char* kCommand = "a list of 1 to 256 texts: a program and its arguments";
constexpr const char* kLine = "one line of text, of 1 to 500 bytes";

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
    if (!unknown_placeholder(word, known).empty()) {
      fields.refuse(place, word,
                    fmt::format("no placeholder but {{{}}}", fmt::join(known, "}, {")));
    }
    words.push_back(word);
  }
  return words;
}

// `otherwise`: what it is where it is left out; empty: that is refused.
std::string read_word(const StrictObject& fields, const char* key, const std::string& otherwise) {
  const std::string allowed = fmt::format("a text of 1 to {} letters, digits and _", kLongestName);
  const Json* value = fields.find(key);
  if (value == nullptr) {
    if (otherwise.empty()) {
      fields.refuse_missing(key, allowed);
    }
    return otherwise;
  }
  const std::string word = value->is_string() ? value->get<std::string>() : "";
  const auto is_allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_';
  };
  if (word.empty() || word.size() > kLongestName ||
      !std::all_of(word.begin(), word.end(), is_allowed)) {
    fields.refuse(key, *value, allowed);
  }
  return word;
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
        read_command(fields, fmt::format("build[{}]", i), (*value)[i], build_placeholders()));
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

// What a reader of a result must be told may not be empty.
std::string read_line(const StrictObject& fields, const char* key) {
  if (fields.find(key) == nullptr) {
    fields.refuse_missing(key, kLine);
  }
  const std::string line = fields.line_of_text(key, kLongestLine);
  if (line.empty()) {
    fields.refuse(key, *fields.find(key), kLine);
  }
  return line;
}

// So many objects at `key`, if any.
std::size_t size_of_list(const StrictObject& fields, const char* key, const char* allowed) {
  const Json* value = fields.find(key);
  if (value == nullptr) {
    return 0;
  }
  if (!value->is_array() || value->size() > kMostWords) {
    fields.refuse(key, *value, allowed);
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (!(*value)[i].is_object()) {
      fields.refuse(fmt::format("{}[{}]", key, i), (*value)[i], "an object");
    }
  }
  return value->size();
}

void read_program(const StrictObject& fields, PeerNeed& need) {
  need.program = read_line(fields, "program");
  need.what = fields.find("what") != nullptr
                  ? read_line(fields, "what")
                  : std::filesystem::path(need.program).filename().string();
  need.least = fields.line_of_text("least", kLongestName);
  if (need.least.empty()) {
    return;
  }
  if (need.least.find_first_not_of("0123456789.") != std::string::npos ||
      need.least.front() == '.' || need.least.back() == '.') {
    fields.refuse("least", *fields.find("least"), "a version of numbers, such as \"1.85\"");
  }
  const Json* version = fields.find("version");
  need.version = version == nullptr ? std::vector<std::string>{"--version"}
                                    : read_command(fields, "version", *version, {});
}

std::vector<PeerNeed> read_needs(const StrictObject& fields) {
  const char* allowed =
      "a list of objects, each of a program, a file or locked_memory_bytes, and what gets it";
  std::vector<PeerNeed> needs(size_of_list(fields, "needs", allowed));
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const StrictObject inner(
        fields, "needs", i,
        {"program", "what", "version", "least", "file", "locked_memory_bytes", "to", "get"});
    const bool has_program = inner.find("program") != nullptr;
    const bool has_file = inner.find("file") != nullptr;
    const bool has_memory = inner.find("locked_memory_bytes") != nullptr;
    if (int{has_program} + int{has_file} + int{has_memory} != 1) {
      fields.refuse(fmt::format("needs[{}]", i), (*fields.find("needs"))[i],
                    "one of program, file and locked_memory_bytes");
    }
    for (const char* key : {"what", "version", "least"}) {
      if (!has_program && inner.find(key) != nullptr) {
        inner.refuse(key, *inner.find(key), "none, unless it is of a program");
      }
    }
    if (has_program) {
      read_program(inner, needs[i]);
    } else if (has_file) {
      needs[i].file = read_line(inner, "file");
    } else {
      needs[i].locked_memory = static_cast<std::uint64_t>(
          inner.whole_number("locked_memory_bytes", 0, 1, kMostLockedMemory));
    }
    needs[i].is_to_build = inner.one_of("to", "start", {"build", "start"}) == "build";
    needs[i].get = read_line(inner, "get");
  }
  return needs;
}

// One, or a list of several.
std::vector<std::string> read_sources(const StrictObject& fields) {
  const Json* value = fields.find("source");
  if (value == nullptr) {
    return {"."};
  }
  if (!value->is_array()) {
    return {read_line(fields, "source")};
  }
  const char* allowed = "a path, or a list of 1 to 256 of them";
  if (value->empty() || value->size() > kMostWords) {
    fields.refuse("source", *value, allowed);
  }
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const Json& one = (*value)[i];
    const std::string path = one.is_string() ? one.get<std::string>() : "";
    if (path.empty() || path.size() > kLongestLine || path.find('\0') != std::string::npos) {
      fields.refuse(fmt::format("source[{}]", i), one, "a path");
    }
    sources.push_back(path);
  }
  return sources;
}

std::vector<PeerDeviation> read_deviations(const StrictObject& fields) {
  const char* allowed = "a list of objects of what, default and why";
  std::vector<PeerDeviation> deviations(size_of_list(fields, "deviations", allowed));
  for (std::size_t i = 0; i < deviations.size(); ++i) {
    const StrictObject inner(fields, "deviations", i, {"what", "default", "why"});
    deviations[i] = {read_line(inner, "what"), read_line(inner, "default"),
                     read_line(inner, "why")};
  }
  return deviations;
}

}  // namespace

void require_known_architecture(const Peer& peer, const std::vector<std::string>& architectures) {
  if (!peer.architecture.empty() && !contains(architectures, peer.architecture)) {
    throw WrongUsage(fmt::format("{}/peer.json: architecture is \"{}\": allowed is one of {}",
                                 peer.folder, peer.architecture, listed(architectures)));
  }
  if (contains(architectures, peer.name)) {
    throw WrongUsage(fmt::format("{}/peer.json: name is \"{}\": that is an architecture's",
                                 peer.folder, peer.name));
  }
}

Peer read_peer(const std::string& folder) {
  const std::string file = std::filesystem::path(folder) / "peer.json";
  const StrictDocument document = parse_strict_json(read_text_file(file, kLargestFile), file);
  const StrictObject fields(
      document, {"name", "summary", "implementation", "architecture", "version", "source", "needs",
                 "deviations", "build", "start", "ready", "stop", "varies"});
  Peer peer;
  peer.folder = folder;
  peer.name = read_word(fields, "name", "");
  peer.summary = fields.line_of_text("summary", 200);
  peer.implementation = read_word(fields, "implementation", peer.name);
  if (fields.find("architecture") != nullptr) {
    peer.architecture = read_word(fields, "architecture", "");
  }
  peer.version = fields.line_of_text("version", 200);
  peer.sources = read_sources(fields);
  peer.needs = read_needs(fields);
  peer.deviations = read_deviations(fields);
  peer.build = read_build(fields);
  const Json* start = fields.find("start");
  if (start == nullptr) {
    fields.refuse_missing("start", kCommand);
  }
  peer.start = read_command(fields, "start", *start, start_placeholders());
  peer.ready_line = read_ready(fields);
  peer.stop = read_stop(fields);
  read_varies(fields, peer);
  return peer;
}

}  // namespace coresweep
