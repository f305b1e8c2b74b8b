#include "pairs/manifest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>
#include <system_error>

#include "pairs/observation.h"
#include "pairs/program.h"

namespace minitalk {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestArgument = 131'071;
constexpr std::size_t kLongestName = 40;
constexpr std::string_view kPid = "{pid}";
constexpr std::string_view kText = "{text}";
constexpr std::array<std::string_view, 6> kKeys{"name",   "directory", "build",
                                                "server", "client",    "classic"};

std::size_t Count(std::string_view word, std::string_view part) {
  std::size_t count = 0;
  for (auto at = word.find(part); at != word.npos; at = word.find(part, at + part.size())) ++count;
  return count;
}

// One manifest on its way from text to a validated value.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)), json_(Parse()) {}

  ThirdPartyPair Read() const {
    if (!json_.is_object()) Fail("is no JSON object; it begins with {{ and ends with }}");
    for (const auto& [key, value] : json_.items()) {
      if (std::ranges::find(kKeys, key) == kKeys.end()) {
        Fail("\"{}\" is no key; the keys are {}", key, fmt::join(kKeys, ", "));
      }
    }
    ThirdPartyPair pair{.name = {},
                        .directory = ReadDirectory(),
                        .build = {},
                        .server = ReadCommand("server"),
                        .client = ReadCommand("client"),
                        .classic = json_.contains("classic") ? ReadString("classic") : ""};
    if (json_.contains("build")) pair.build = ReadCommand("build");
    pair.name = ReadName(pair.directory);
    for (const std::string_view part : {kPid, kText}) {
      std::size_t count = 0;
      for (const std::string& word : pair.client) count += Count(word, part);
      if (count == 1) continue;
      Fail("\"client\" holds {} {} times; write it once, as in [\"./client\", \"{}\", \"{}\"]",
           part, count, kPid, kText);
    }
    return pair;
  }

 private:
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw ManifestError(path_ + ": " + fmt::format(format, std::forward<Args>(args)...));
  }

  Json Parse() const {
    errno = 0;
    std::ifstream file(path_);
    // A folder can be opened but not read.
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
      Fail("cannot be read: {}; name the manifest of a pair",
           errno != 0 ? std::strerror(errno) : "it is empty");
    }
    try {
      return Json::parse(file);
    } catch (const Json::parse_error& error) {
      Fail(
          "is not JSON at byte {}; strings in double quotes, no comments and no comma before a "
          "closing bracket",
          error.byte);
    } catch (const Json::exception& error) {
      Fail("is not usable as JSON: {}", error.what());
    }
  }

  std::string Text(const std::string& key, const Json& value) const {
    if (!value.is_string()) Fail("\"{}\" wants text in double quotes", key);
    auto text = value.get<std::string>();
    if (text.empty() || text.find('\0') != text.npos) {
      Fail("\"{}\" holds an empty text or a zero byte", key);
    }
    return text;
  }

  std::string ReadString(const std::string& key) const { return Text(key, json_.at(key)); }

  std::vector<std::string> ReadCommand(const std::string& key) const {
    const Json words = json_.value(key, Json());
    if (!words.is_array() || words.empty()) {
      Fail("\"{}\" {}; give a list of words, such as \"{}\": [\"./{}\"]", key,
           json_.contains(key) ? "is no list" : "is missing", key, key);
    }
    std::vector<std::string> command;
    for (const Json& word : words) command.push_back(Text(key, word));
    return command;
  }

  std::filesystem::path ReadDirectory() const {
    const auto named = std::filesystem::path(path_).parent_path() /
                       (json_.contains("directory") ? ReadString("directory") : ".");
    std::error_code error;
    auto directory = std::filesystem::canonical(named, error);
    if (error || !std::filesystem::is_directory(directory)) {
      Fail("\"directory\": there is no folder {}; it is relative to the manifest's own",
           named.string());
    }
    return directory;
  }

  std::string ReadName(const std::filesystem::path& directory) const {
    const std::regex unusual("[^A-Za-z0-9_.-]");
    if (!json_.contains("name")) {
      const auto folder = std::regex_replace(directory.filename().string(), unusual, "-");
      return folder.empty() ? "unnamed" : folder.substr(0, kLongestName);
    }
    auto name = ReadString("name");
    if (name.size() > kLongestName || std::regex_search(name, unusual)) {
      Fail("name \"{}\" is not 1 to {} letters, digits, dots, dashes and underscores", name,
           kLongestName);
    }
    return name;
  }

  std::string path_;
  Json json_;
};

// The first line that says what is wrong, for the others follow from it; else the last ones.
std::string FirstError(const std::string& output) {
  static const std::regex kError(
      "error:|undefined reference|multiple definition|cannot find|No rule to make|No such file|"
      "not found");
  std::istringstream lines(StripEscapes(output));
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, kError)) return "first error: " + Readable(line);
  }
  return LastLines(Readable(output), 3);
}

void RunBuild(const ThirdPartyPair& pair, std::chrono::milliseconds timeout,
              const std::vector<int>& hang_ups,
              const std::function<void(std::string_view)>& output) {
  const auto how = fmt::format("{}: its build ({})", pair.name, fmt::join(pair.build, " "));
  try {
    SupervisedProgram program({.command = pair.build, .directory = pair.directory});
    const auto deadline = Clock::now() + timeout;
    for (std::size_t told = 0; program.running() || told < program.output().size();) {
      AwaitNews({&program}, hang_ups, deadline - Clock::now());
      output(std::string_view(program.output()).substr(told));
      told = program.output().size();
      if (Clock::now() < deadline) continue;
      throw ManifestError(fmt::format("{} takes more than {} s", how, timeout.count() / 1000));
    }
    if (program.status() == 0) return;
    throw ManifestError(fmt::format("{} {}; try it by hand in {}: {}", how,
                                    DescribeStatus(*program.status()), pair.directory.string(),
                                    FirstError(program.output())));
  } catch (const std::system_error& error) {
    throw ManifestError(fmt::format("{} cannot be run: {}", how, error.what()));
  }
}

}  // namespace

std::vector<std::string> ThirdPartyPair::ClientCommand(pid_t server_pid,
                                                       std::string_view text) const {
  std::vector<std::string> command = client;
  for (std::string& word : command) {
    // The text last, for it may hold anything.
    if (const auto at = word.find(kPid); at != word.npos) {
      word.replace(at, kPid.size(), std::to_string(server_pid));
    }
    if (const auto at = word.find(kText); at != word.npos) word.replace(at, kText.size(), text);
  }
  return command;
}

std::size_t ThirdPartyPair::LongestText() const {
  constexpr std::size_t kLongestPid = 10;
  for (const std::string& word : client) {
    if (word.find(kText) == word.npos) continue;
    const std::size_t rest = word.size() - kText.size() + kLongestPid * Count(word, kPid);
    return kLongestArgument - std::min(rest, kLongestArgument);
  }
  return 0;
}

ThirdPartyPair ReadManifest(const std::string& path) { return Reader(path).Read(); }

void BuildPair(const ThirdPartyPair& pair, std::chrono::milliseconds timeout,
               const std::vector<int>& hang_ups,
               const std::function<void(std::string_view)>& output) {
  if (!pair.build.empty()) RunBuild(pair, timeout, hang_ups, output);
  for (const auto& [what, program] :
       {std::pair{"server", pair.server.front()}, std::pair{"client", pair.client.front()}}) {
    if (program.find('/') == program.npos) continue;  // looked for on PATH when it is started
    const auto path = pair.directory / program;
    if (!std::filesystem::is_regular_file(path)) {
      throw ManifestError(
          fmt::format("{}: there is no {} {}; build it first, or say how with "
                      "\"build\": [\"make\"]",
                      pair.name, what, path.string()));
    }
    if (access(path.c_str(), X_OK) != 0) {
      throw ManifestError(
          fmt::format("{}: {} is not executable: chmod +x it", pair.name, path.string()));
    }
  }
}

}  // namespace minitalk
