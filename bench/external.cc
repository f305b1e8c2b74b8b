#include "bench/external.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "bench/carriers/registry.h"
#include "bench/foreign.h"

namespace minitalk {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestArgument = 131'071;
constexpr std::chrono::minutes kBuildPatience{10};
constexpr std::string_view kPid = "{pid}";
constexpr std::string_view kText = "{text}";
constexpr std::array<std::string_view, 6> kKeys{"name",   "directory", "build",
                                                "server", "client",    "classic"};

std::size_t Count(std::string_view word, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = word.find(part); at != std::string::npos;
       at = word.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

bool IsOurs(ProtocolMenu ours, const std::string& name) {
  const bool protocol =
      std::ranges::any_of(ours, [&](const ProtocolInfo* info) { return info->name == name; });
  return protocol || name == "auto" || FindCarrier(name) != nullptr;
}

// One manifest on its way from text to a checked value.
class Reader {
 public:
  Reader(std::string path, ProtocolMenu ours) : path_(std::move(path)), ours_(ours) {}

  External Read() {
    json_ = Parse();
    if (!json_.is_object()) Fail("is no JSON object; it begins with { and ends with }");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(kKeys, key) == kKeys.end()) {
        Fail(fmt::format("\"{}\" is no key; the keys are {}", key, fmt::join(kKeys, ", ")));
      }
    }
    External external{.name = {},
                      .directory = ReadDirectory(),
                      .build = {},
                      .server = ReadCommand("server"),
                      .client = ReadCommand("client")};
    if (json_.contains("build")) external.build = ReadCommand("build");
    external.name = ReadName(external.directory);
    if (json_.contains("classic")) ReadString("classic");
    CheckTemplates(external.client);
    return external;
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw ManifestError(fmt::format("{}: {}", path_, what));
  }

  Json Parse() const {
    errno = 0;
    std::ifstream file(path_);
    // A folder can be opened but not read.
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
      Fail(fmt::format("cannot be read: {}; name the manifest of an external pair",
                       errno != 0 ? std::strerror(errno) : "it is empty"));
    }
    try {
      return Json::parse(file);
    } catch (const Json::parse_error& error) {
      Fail(
          fmt::format("is not JSON at byte {}; strings in double quotes, no comments and no comma "
                      "before a closing bracket",
                      error.byte));
    } catch (const Json::exception& error) {
      Fail(fmt::format("is not usable as JSON: {}", error.what()));
    }
  }

  std::string Text(const std::string& key, const Json& value) const {
    if (!value.is_string()) Fail(fmt::format("\"{}\" wants text in double quotes", key));
    auto text = value.get<std::string>();
    if (text.empty() || text.find('\0') != std::string::npos) {
      Fail(fmt::format("\"{}\" holds an empty text or a zero byte", key));
    }
    return text;
  }

  std::string ReadString(const std::string& key) const { return Text(key, json_.at(key)); }

  std::vector<std::string> ReadCommand(const std::string& key) const {
    const auto remedy = fmt::format("give a list of words, such as \"{}\": [\"./{}\"]", key, key);
    if (!json_.contains(key)) Fail(fmt::format("\"{}\" is missing; {}", key, remedy));
    const Json& words = json_[key];
    if (!words.is_array() || words.empty()) Fail(fmt::format("\"{}\": {}", key, remedy));
    std::vector<std::string> command;
    for (const Json& word : words) command.push_back(Text(key, word));
    return command;
  }

  std::filesystem::path ReadDirectory() const {
    const auto folder = std::filesystem::path(path_).parent_path();
    const auto named = json_.contains("directory") ? ReadString("directory") : ".";
    std::error_code error;
    auto directory = std::filesystem::canonical(folder / named, error);
    if (error || !std::filesystem::is_directory(directory)) {
      Fail(fmt::format("\"directory\": there is no folder {}; it is relative to the manifest's own",
                       (folder / named).string()));
    }
    return directory;
  }

  std::string ReadName(const std::filesystem::path& directory) const {
    const bool given = json_.contains("name");
    auto name = given ? ReadString("name") : directory.filename().string();
    static const std::regex kName("[A-Za-z0-9_.-]{1,40}");
    if (!std::regex_match(name, kName)) {
      Fail(
          fmt::format("{}name \"{}\" is not 1 to 40 letters, digits, dots, dashes and "
                      "underscores; give another \"name\"",
                      given ? "" : "the folder's ", name));
    }
    if (IsOurs(ours_, name)) {
      Fail(
          fmt::format("\"{}\" is what a protocol or carrier of minitalk is called; give another "
                      "\"name\"",
                      name));
    }
    return name;
  }

  void CheckTemplates(const std::vector<std::string>& client) const {
    for (const std::string_view part : {kPid, kText}) {
      std::size_t count = 0;
      for (const std::string& word : client) count += Count(word, part);
      if (count != 1) {
        Fail(
            fmt::format("\"client\" holds {} {} times; write it once, as in "
                        "[\"./client\", \"{}\", \"{}\"]",
                        part, count, kPid, kText));
      }
    }
  }

  std::string path_;
  ProtocolMenu ours_;
  Json json_;
};

void RunBuild(const External& external) {
  ForeignProgram program({.command = external.build,
                          .directory = external.directory,
                          .cpu = std::nullopt,
                          .output = STDERR_FILENO,
                          .errors = STDERR_FILENO});
  const bool in_time = program.AwaitEnd(kBuildPatience);
  const Ending ending = program.End();
  if (in_time && ending.Succeeded()) return;
  throw ManifestError(fmt::format(
      "{}: its build ({}) {}; try it by hand in {}", external.name, fmt::join(external.build, " "),
      in_time ? ending.Words() : "takes more than ten minutes", external.directory.string()));
}

}  // namespace

std::vector<std::string> External::ClientCommand(pid_t server_pid, std::string_view text) const {
  std::vector<std::string> command = client;
  for (std::string& word : command) {
    // The text last, for it may hold anything.
    if (const auto at = word.find(kPid); at != std::string::npos) {
      word.replace(at, kPid.size(), fmt::format("{}", server_pid));
    }
    if (const auto at = word.find(kText); at != std::string::npos)
      word.replace(at, kText.size(), text);
  }
  return command;
}

std::size_t External::LongestText() const {
  for (const std::string& word : client) {
    if (word.find(kText) == std::string::npos) continue;
    constexpr std::size_t kLongestPid = 10;
    const std::size_t rest = word.size() - kText.size() + kLongestPid * Count(word, kPid);
    return kLongestArgument - std::min(rest, kLongestArgument);
  }
  return 0;
}

std::vector<External> LoadExternals(const std::vector<std::string>& manifests, ProtocolMenu ours) {
  std::vector<External> externals;
  for (const std::string& manifest : manifests) {
    External external = Reader(manifest, ours).Read();
    const auto is_same = [&](const External& other) { return other.name == external.name; };
    if (std::ranges::any_of(externals, is_same)) {
      throw ManifestError(
          fmt::format("{}: another one is called \"{}\", too; give one of them "
                      "another \"name\"",
                      manifest, external.name));
    }
    externals.push_back(std::move(external));
  }
  return externals;
}

void BuildExternal(const External& external) {
  try {
    if (!external.build.empty()) RunBuild(external);
  } catch (const std::system_error& error) {
    throw ManifestError(
        fmt::format("{}: its build cannot be run: {}", external.name, error.what()));
  }
  for (const auto* command : {&external.server, &external.client}) {
    const std::string& program = command->front();
    if (program.find('/') == std::string::npos)
      continue;  // found on PATH, or told when it is started
    const auto path = external.directory / program;
    if (access(path.c_str(), X_OK) == 0 && !std::filesystem::is_directory(path)) continue;
    throw ManifestError(
        fmt::format("{}: {} cannot be run; build it first, or say how with \"build\": [\"make\"]",
                    external.name, path.string()));
  }
}

}  // namespace minitalk
