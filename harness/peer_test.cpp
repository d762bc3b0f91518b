// What a peer.json may say, and the line that answers all else.
#include "harness/peer.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness/failure.hpp"
#include "harness/peer_needs.hpp"
#include "harness/strict_json.hpp"
#include "support/build_info.hpp"

namespace coresweep {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class PeerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "peer_" + std::to_string(::getpid());
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Peer read(const std::string& text) const {
    std::ofstream(folder_ + "/peer.json") << text;
    return read_peer(folder_);
  }

  // Behind the file's path.
  std::string complaint(const std::string& text) const {
    try {
      static_cast<void>(read(text));
    } catch (const WrongUsage& error) {
      const std::string line = error.what();
      const std::string path = folder_ + "/peer.json:1: ";
      return line.starts_with(path) ? line.substr(path.size()) : "unnamed: " + line;
    }
    return "accepted";
  }

  // A whole one with `key` as `value`, or without it.
  std::string with(const std::string& key, const std::string& value) const {
    Json json = Json::parse(R"({"name": "tonic", "start": ["./tonic"], "ready": {"port": true}})");
    if (value.empty()) {
      json.erase(key);
    } else {
      json[key] = Json::parse(value);
    }
    return json.dump();
  }

  std::string folder_;
};

TEST_F(PeerTest, IsReadWithItsDefaults) {
  const Peer peer = read(with("name", R"("tonic_1")"));
  EXPECT_EQ(peer.name, "tonic_1");
  EXPECT_THAT(peer.start, ElementsAre("./tonic"));
  EXPECT_TRUE(peer.build.empty());
  EXPECT_EQ(peer.ready_line, "");
  EXPECT_EQ(peer.stop, PeerStop::kTerminate);
  EXPECT_FALSE(peer.varies_threads || peer.varies_reply_bytes);
  EXPECT_EQ(peer.implementation, "tonic_1");
  EXPECT_EQ(peer.architecture + peer.version + peer.left_out, "");
  EXPECT_TRUE(peer.needs.empty() && peer.deviations.empty());
}

TEST_F(PeerTest, IsReadWithWhatItNeedsAndSetsOtherwise) {
  const Peer peer = read(R"({"name": "tonic_shared", "implementation": "tonic",
      "architecture": "shared_reactor", "version": "tonic 0.14.2", "source": "..",
      "needs": [{"program": "cargo", "least": "1.85", "get": "rustup"},
                {"program": "pkg-config", "what": "grpc++", "version": ["--modversion", "grpc++"],
                 "least": "1.51", "get": "apt"},
                {"file": "/lib/x.so", "get": "apt"},
                {"locked_memory_bytes": 524288, "get": "ulimit"}],
      "deviations": [{"what": "nodelay", "default": "off", "why": "latency"}],
      "start": ["{out}/shared"], "ready": {"port": true}})");
  EXPECT_EQ(peer.architecture, "shared_reactor");
  EXPECT_EQ(peer.version, "tonic 0.14.2");
  ASSERT_EQ(peer.needs.size(), 4U);
  EXPECT_EQ(peer.needs[0].what, "cargo");
  EXPECT_THAT(peer.needs[0].version, ElementsAre("--version"));
  EXPECT_EQ(peer.needs[1].what, "grpc++");
  EXPECT_THAT(peer.needs[1].version, ElementsAre("--modversion", "grpc++"));
  EXPECT_EQ(peer.needs[2].file, "/lib/x.so");
  EXPECT_EQ(peer.needs[3].locked_memory, 524288U);
  ASSERT_EQ(peer.deviations.size(), 1U);
  EXPECT_EQ(peer.deviations[0].otherwise, "off");
}

TEST_F(PeerTest, NeedsFilesToStartButNoneToBuildAndNoneOfMemory) {
  const Peer peer = read(with("needs", R"([{"program": "/bin/sh", "get": "apt"},
      {"program": "cat", "to": "build", "get": "apt"}, {"program": "no_such_program", "get": "apt"},
      {"file": "$NO_SUCH_VARIABLE/etc/passwd", "get": "apt"},
      {"locked_memory_bytes": 1, "get": "ulimit"}])"));
  EXPECT_THAT(files_needed(peer), ElementsAre(Pair("$NO_SUCH_VARIABLE/etc/passwd", "/etc/passwd"),
                                              Pair("/bin/sh", "/bin/sh")));
}

TEST_F(PeerTest, WhatItNeedsIsRefusedByItsPlace) {
  EXPECT_EQ(complaint(with("needs", R"(["cargo"])")),
            "needs[0] is the text \"cargo\": allowed is an object");
  EXPECT_EQ(complaint(with("needs", R"([{"get": "apt"}])")),
            "needs[0] is an object: allowed is one of program, file and locked_memory_bytes");
  EXPECT_EQ(complaint(with("needs", R"([{"program": "go", "file": "/x", "get": "apt"}])")),
            "needs[0] is an object: allowed is one of program, file and locked_memory_bytes");
  EXPECT_EQ(complaint(with("needs", R"([{"program": "go"}])")),
            "needs[0].get is missing: allowed is one line of text, of 1 to 500 bytes");
  EXPECT_EQ(complaint(with("needs", R"([{"program": "go", "least": "1.x", "get": "apt"}])")),
            "needs[0].least is the text \"1.x\": allowed is a version of numbers, such as "
            "\"1.85\"");
  EXPECT_EQ(complaint(with("needs", R"([{"file": "/x", "least": "1", "get": "apt"}])")),
            "needs[0].least is the text \"1\": allowed is none, unless it is of a program");
  EXPECT_EQ(complaint(with("needs", R"([{"locked_memory_bytes": "512KiB", "get": "ulimit"}])")),
            "needs[0].locked_memory_bytes is the text \"512KiB\": allowed is a whole number from 1 "
            "to 1099511627776");
  EXPECT_EQ(complaint(with("deviations", R"([{"what": "nodelay", "default": "off"}])")),
            "deviations[0].why is missing: allowed is one line of text, of 1 to 500 bytes");
  EXPECT_EQ(complaint(with("architecture", R"("")")),
            "architecture is the text \"\": allowed is a text of 1 to 60 letters, digits and _");
}

TEST(PeerVersions, AreComparedNumberByNumber) {
  EXPECT_EQ(version_in("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"), "1.95.0");
  EXPECT_EQ(version_in("go version go1.26.8 linux/amd64"), "1.26.8");
  EXPECT_EQ(version_in("nginx version: nginx/1.22.1"), "1.22.1");
  EXPECT_EQ(version_in("1.51.1"), "1.51.1");
  EXPECT_EQ(version_in("amd64, 2 of 3. And 4"), "");
  EXPECT_TRUE(is_below("1.9", "1.10"));
  EXPECT_TRUE(is_below("1.84.1", "1.85"));
  EXPECT_FALSE(is_below("1.85.0", "1.85"));
  EXPECT_FALSE(is_below("1.85", "1.85.0"));
  EXPECT_FALSE(is_below("2", "1.85"));
  EXPECT_FALSE(is_below("99999999999999999999.0", "1.85"));
}

TEST_F(PeerTest, IsReadWhole) {
  const Peer peer = read(R"({"name": "tonic", "summary": "Rust", "build": [["make", "O={out}"]],
      "start": ["{out}/tonic", "--listen={address}:{port}", "{\"json\": {threads}}"],
      "ready": {"line": "listening"}, "stop": "stdin", "varies": ["reply_bytes", "threads"]})");
  EXPECT_EQ(peer.summary, "Rust");
  EXPECT_EQ(peer.ready_line, "listening");
  EXPECT_EQ(peer.stop, PeerStop::kEndOfStdin);
  EXPECT_TRUE(peer.varies_threads && peer.varies_reply_bytes);
  const Placeholders values{{"out", "/o"}, {"address", "::1"}, {"port", "1"}, {"threads", "4"}};
  EXPECT_THAT(filled_in(peer.build[0], values), ElementsAre("make", "O=/o"));
  EXPECT_THAT(filled_in(peer.start, values),
              ElementsAre("/o/tonic", "--listen=::1:1", "{\"json\": 4}"));
}

TEST_F(PeerTest, BuildsBesideThePrograms) {
  const Peer peer = read(with("summary", R"("")"));
  const Placeholders folders = folders_of(peer, "/b/release/bin/coresweep");
  EXPECT_THAT(folders.at("out"), testing::MatchesRegex("/b/release/peers/tonic-[0-9a-f]{8}"));
  EXPECT_EQ(folders.at("folder"), folder_);
}

TEST_F(PeerTest, BuildsApartFromACopyOfItAndBesideItsSiblings) {
  const auto folder_of = [this](const std::string& name, const std::string& source) {
    Peer peer = read(with("source", source));
    peer.name = name;
    peer.folder = folder_ + "/" + name;
    return build_folder(peer, "/b/bin/coresweep");
  };
  EXPECT_EQ(folder_of("one", R"([".."])"), folder_of("other", R"(["../", "own"])"));
  EXPECT_NE(folder_of("one", R"(".")"), folder_of("copy", R"(".")"));
  const Peer ours = read_peer(std::string(build_info().source_dir) + "/servers/peers/tonic/shared");
  EXPECT_EQ(build_folder(ours, "/b/bin/coresweep"), "/b/peers/tonic");
}

TEST_F(PeerTest, IsMadeOfItsSourcesAndOfTheFilesThatItsStartNames) {
  const std::string coresweep = folder_ + "/bin/coresweep";
  const std::string own = folder_ + "/peer.json";
  const Peer script = read(with("start", R"(["python3", "serve.py", "{address}", "."])"));
  const std::string out = build_folder(script, coresweep);
  const std::string serve = out + "/serve";
  std::filesystem::create_directories(folder_ + "/bin");
  std::filesystem::create_directories(out);
  for (const std::string& file : {folder_ + "/serve.py", folder_ + "/python3", serve}) {
    std::ofstream(file) << file;
  }
  EXPECT_THAT(files_of(script, coresweep),
              ElementsAre(Pair("peer.json", own), Pair(serve.substr(folder_.size() + 1), serve),
                          Pair("python3", folder_ + "/python3"),
                          Pair("serve.py", folder_ + "/serve.py")));
  const Peer built = read(with("start", R"(["{out}/serve", "--threads={threads}"])"));
  EXPECT_THAT(files_of(built, coresweep),
              ElementsAre(Pair("peer.json", own), Pair("python3", folder_ + "/python3"),
                          Pair("serve.py", folder_ + "/serve.py"), Pair("{out}/serve", serve)));
}

TEST_F(PeerTest, IsMadeOfSourcesThatItSharesToo) {
  std::filesystem::create_directories(folder_ + "/own/.hidden");
  std::filesystem::create_directories(folder_ + "/own/.cargo");
  for (const char* file :
       {"/own/main.rs", "/own/.hidden/x", "/own/.cargo/config.toml", "/shared.proto"}) {
    std::ofstream(folder_ + file) << file;
  }
  const Peer peer = read(with("source", R"(["own", "shared.proto", "own/main.rs"])"));
  EXPECT_THAT(files_of(peer, folder_ + "/bin/coresweep"),
              ElementsAre(Pair("../shared.proto", folder_ + "/shared.proto"),
                          Pair(".cargo/config.toml", folder_ + "/own/.cargo/config.toml"),
                          Pair("main.rs", folder_ + "/own/main.rs"),
                          Pair("peer.json", folder_ + "/peer.json")));
}

TEST_F(PeerTest, StartsWithWhatWasBuiltOrElseWithItsSources) {
  const std::string coresweep = folder_ + "/bin/coresweep";
  Peer peer = read(with("start", R"(["{out}/serve"])"));
  const std::string out = build_folder(peer, coresweep);
  std::filesystem::create_directories(out);
  std::ofstream(folder_ + "/main.rs") << "";
  std::ofstream(out + "/serve") << "";
  EXPECT_THAT(files_started(peer, coresweep),
              UnorderedElementsAre(folder_ + "/main.rs", folder_ + "/peer.json", out + "/serve"));
  peer.build = {{"true"}};
  EXPECT_THAT(files_started(peer, coresweep), ElementsAre(out + "/serve"));
}

TEST_F(PeerTest, SourcesThatAreNotThereOrTooManyAreNamed) {
  const auto refusal = [](const Peer& peer) {
    try {
      static_cast<void>(source_files(peer));
    } catch (const Failure& failure) {
      return std::string(failure.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(refusal(read(with("source", R"(["peer.json", "../no_such_thing"])"))),
            "source ../no_such_thing: No such file or directory");
  for (int i = 0; i < 500; ++i) {  // with peer.json one more
    std::ofstream(folder_ + "/" + std::to_string(i));
  }
  EXPECT_EQ(refusal(read(with("source", R"(".")"))),
            "source .: more than 500 files: allowed are those that it is built of");
  EXPECT_EQ(complaint(with("source", "[]")),
            "source is an empty list: allowed is a path, or a list of 1 to 256 of them");
  EXPECT_EQ(complaint(with("source", R"(["a", 4])")), "source[1] is 4: allowed is a path");
}

TEST_F(PeerTest, WhatIsMissingOrWrongIsNamed) {
  const char* command = "allowed is a list of 1 to 256 texts: a program and its arguments";
  const char* name = "allowed is a text of 1 to 60 letters, digits and _";
  const char* ready = "allowed is {\"port\": true} or {\"line\": \"a text of its output\"}";
  EXPECT_EQ(complaint("{"),
            "column 2: syntax error while parsing object key - unexpected "
            "end of input; expected string literal");
  EXPECT_EQ(complaint(with("name", "")), std::string("name is missing: ") + name);
  EXPECT_EQ(complaint(with("name", R"("grpc++")")),
            std::string("name is the text \"grpc++\": ") + name);
  EXPECT_EQ(complaint(with("start", "")), std::string("start is missing: ") + command);
  EXPECT_EQ(complaint(with("start", R"("./tonic")")),
            std::string("start is the text \"./tonic\": ") + command);
  EXPECT_EQ(complaint(with("start", R"(["./tonic", 4])")), "start[1] is 4: allowed is a text");
  EXPECT_EQ(complaint(with("start", R"([""])")),
            "start[0] is the text \"\": allowed is the program's name or path");
  EXPECT_EQ(complaint(with("start", R"(["./tonic", "{port}:{host}"])")),
            "start[1] is the text \"{port}:{host}\": allowed is no placeholder but {listen}, "
            "{address}, {port}, {threads}, {cpus}, {out}, {bin}, {folder}");
  EXPECT_EQ(complaint(with("build", R"([["make"], ["make", "{port}"]])")),
            "build[1][1] is the text \"{port}\": allowed is no placeholder but {out}, {bin}, "
            "{folder}");
  EXPECT_EQ(complaint(with("build", R"(["make"])")),
            std::string("build[0] is the text \"make\": ") + command);
  EXPECT_EQ(complaint(with("ready", "")), std::string("ready is missing: ") + ready);
  EXPECT_EQ(complaint(with("ready", R"({"port": true, "line": "x"})")),
            std::string("ready is an object: ") + ready);
  EXPECT_EQ(complaint(with("ready", R"({"port": false})")), "ready.port is false: allowed is true");
  EXPECT_EQ(complaint(with("ready", R"({"log": "x"})")),
            "unknown key \"log\" in ready: allowed are port, line");
  EXPECT_EQ(complaint(with("ready", R"({"line": ""})")),
            "ready.line is the text \"\": allowed is a text that a line of its output holds");
  EXPECT_EQ(complaint(with("stop", R"("SIGKILL")")),
            "stop is the text \"SIGKILL\": allowed is one of \"SIGTERM\", \"SIGINT\", \"stdin\"");
  EXPECT_EQ(complaint(with("varies", R"(["threads", "threads"])")),
            "varies[1] is the text \"threads\": allowed is a list of \"threads\" and "
            "\"reply_bytes\", or of one of them, or none");
  for (const char* control : {"\x7f", "\xc2\x80", "\xc2\x9f", "\\t"}) {
    const std::string text = std::string("\"a") + control + "\"";
    EXPECT_THAT(complaint(with("summary", text)),
                testing::EndsWith(": allowed is one line of text, at most 200 bytes"));
  }
  EXPECT_EQ(read(with("summary", "\"\xc2\xa0\xc3\xa9\"")).summary, "\xc2\xa0\xc3\xa9");
  EXPECT_EQ(complaint(with("env", "{}")),
            "unknown key \"env\": allowed are name, summary, implementation, architecture, "
            "version, source, needs, deviations, build, start, ready, stop, varies");
}

}  // namespace
}  // namespace coresweep
