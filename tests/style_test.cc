// The rules of the house that a machine can check: who may call the kernel about signals, which
// folder may include which, how long files and lines are, and that each file says what it is for.
// Each check is itself checked with planted offences.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace minitalk {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLines = 400;
constexpr std::size_t kMaxColumns = 100;

// Messages, one for each offence.
using Offences = std::vector<std::string>;

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// C++ without its comments and without what stands in quotes; line breaks stay.
std::string StripCommentsAndQuotes(const std::string& code) {
  static const std::regex kToken(R"re(R"(\w*)\([^]*?\)\1"|//[^\n]*|/\*[^]*?\*/)re"
                                 R"re(|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')re");
  std::string stripped;
  auto rest = code.begin();
  for (std::sregex_iterator token(code.begin(), code.end(), kToken), end; token != end; ++token) {
    const auto& match = (*token)[0];
    // 1'000'000 is no character.
    const bool digit_separator =
        *match.first == '\'' && match.first != code.begin() && std::isalnum(match.first[-1]) != 0;
    stripped.append(rest, match.first);
    if (digit_separator) {
      stripped.append(match.first, match.second);
    } else {
      stripped.append(static_cast<std::size_t>(std::count(match.first, match.second, '\n')), '\n');
    }
    rest = match.second;
  }
  return stripped.append(rest, code.end());
}

// What asks the kernel anything about signals.
const std::regex& SignalCall() {
  static const std::regex kCall(
      R"(\b(?:t?kill|tgkill|killpg|raise|pause|signal|signalfd)\s*\()"
      R"(|\b(?:sigqueue|sigpending|sigsuspend)\s*\()"
      R"(|\b(?:rt_)?(?:tg)?sig(?:timedwait|wait|waitinfo|procmask|action|queueinfo|altstack)\s*\()"
      R"(|\bpthread_(?:kill|sigmask|sigqueue)\b|\bpidfd_send_signal\b)"
      R"(|\bSYS_(?:t?kill|tgkill|pause|signalfd4?|(?:rt_)?(?:tg)?sig\w+|pidfd_send_signal)\b)");
  return kCall;
}

Offences SignalCalls(const std::string& code) {
  Offences offences;
  std::size_t number = 0;
  for (const std::string& line : Lines(StripCommentsAndQuotes(code))) {
    ++number;
    std::smatch match;
    if (std::regex_search(line, match, SignalCall())) {
      offences.push_back("line " + std::to_string(number) + " calls " + match.str());
    }
  }
  return offences;
}

// Quoted includes that do not match `allowed`.
Offences ForeignIncludes(const std::string& code, const std::regex& allowed) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*"([^"]+)")re");
  Offences offences;
  for (const std::string& line : Lines(code)) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude) && !std::regex_match(match.str(1), allowed)) {
      offences.push_back("includes " + match.str(1));
    }
  }
  return offences;
}

std::size_t Columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](unsigned char byte) { return (byte & 0xC0) != 0x80; }));
}

// Begins with a comment, or with the header of the same name, which says what both are for.
bool SaysWhatItIsFor(const std::string& stem, const std::string& first_line) {
  for (const char* beginning : {"//", "# ", "#!/", "\"\"\""}) {
    if (first_line.starts_with(beginning)) return true;
  }
  return first_line.starts_with("#include \"") && first_line.ends_with(stem + ".h\"");
}

Offences Layout(const std::string& stem, const std::string& text) {
  Offences offences;
  const auto lines = Lines(text);
  if (lines.empty()) return stem == "__init__" ? Offences{} : Offences{"is empty"};
  if (!SaysWhatItIsFor(stem, lines.front())) {
    offences.push_back("does not begin with a comment on what it is for");
  }
  if (lines.size() > kMaxLines) offences.push_back(std::to_string(lines.size()) + " lines");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string where = "line " + std::to_string(i + 1);
    if (Columns(lines[i]) > kMaxColumns) offences.push_back(where + " is too long");
    if (lines[i].find('\t') != std::string::npos) offences.push_back(where + " has a tab");
    if (lines[i].ends_with(' ')) offences.push_back(where + " ends with a space");
  }
  if (text.back() != '\n') offences.push_back("does not end with a newline");
  return offences;
}

// The project's own files below `folder` with one of these endings.
std::vector<fs::path> Files(const std::string& folder, const std::set<std::string>& endings) {
  std::vector<fs::path> files;
  const fs::path root = fs::path(MINITALK_SOURCE_DIR) / folder;
  if (!fs::exists(root)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file() && endings.contains(entry.path().extension().string())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

const std::set<std::string> kCxx{".cc", ".h"};

std::string Relative(const fs::path& path) {
  return fs::relative(path, MINITALK_SOURCE_DIR).generic_string();
}

void ExpectNone(const fs::path& file, const Offences& offences) {
  for (const std::string& offence : offences) ADD_FAILURE() << Relative(file) << ": " << offence;
}

// ---- The project --------------------------------------------------------------------------------

TEST(Style, OnlyTheKernelLinkMakesSignalCalls) {
  const std::regex exempt(R"(core/kernel_link\.(h|cc)|bench/floor\.cc|verify/program\.cc)");
  std::size_t exempted = 0;
  for (const char* folder :
       {"core", "classic", "protocols", "carriers", "apps", "bench", "verify", "examples"}) {
    for (const fs::path& file : Files(folder, kCxx)) {
      if (std::regex_match(Relative(file), exempt)) {
        ++exempted;
      } else {
        ExpectNone(file, SignalCalls(ReadAll(file)));
      }
    }
  }
  EXPECT_GE(exempted, 2u);
  // The check would find them: the one file that may is full of them.
  EXPECT_GE(SignalCalls(ReadAll(fs::path(MINITALK_SOURCE_DIR) / "core/kernel_link.cc")).size(), 5u);
}

TEST(Style, DependenciesRunOneWay) {
  const std::regex core(R"(core/.*)");
  const std::regex protocols(R"(core/(link|protocol|bits|stop_and_wait)\.h|protocols/registry\.h)");
  const std::regex carriers(R"(core/(fd|placement)\.h|carriers/.*)");
  const std::regex classic(R"((core|classic)/.*)");
  const std::regex apps(R"((core|classic|protocols|carriers|apps)/.*)");
  const std::regex verify(R"((core|protocols|verify)/.*)");
  const auto check = [](const char* folder, const std::regex& allowed) {
    const auto files = Files(folder, kCxx);
    EXPECT_GE(files.size(), 3u) << folder;
    for (const fs::path& file : files) ExpectNone(file, ForeignIncludes(ReadAll(file), allowed));
  };
  check("core", core);
  check("classic", classic);
  check("protocols", protocols);
  check("carriers", carriers);
  check("apps", apps);
  check("verify", verify);
}

TEST(Style, LayoutOfFiles) {
  std::size_t files = 0;
  for (const char* folder : {"core", "classic", "protocols", "carriers", "apps", "bench", "verify",
                             "examples", "tests", "scripts"}) {
    for (const fs::path& file : Files(folder, {".cc", ".h", ".py", ".sh"})) {
      ExpectNone(file, Layout(file.stem().string(), ReadAll(file)));
      ++files;
    }
  }
  EXPECT_GE(files, 50u);
}

// ---- The checks themselves ----------------------------------------------------------------------

TEST(StyleChecks, FindPlantedSignalCalls) {
  for (const char* code : {"kill(pid, 10);",
                           "::kill (pid, 0);",
                           "if (x) raise(SIGTERM);",
                           "tgkill(a, b, c);",
                           "syscall(SYS_tgkill, a, b, c);",
                           "syscall(SYS_rt_sigtimedwait, &set);",
                           "syscall(SYS_pidfd_send_signal, fd);",
                           "sigqueue(pid, 10, {});",
                           "sigwaitinfo(&s, &i);",
                           "sigtimedwait(&set, &info, &t);",
                           "sigwait(&set, &n);",
                           "sigsuspend(&set);",
                           "pause();",
                           "sigprocmask(SIG_BLOCK, &set, nullptr);",
                           "sigaction(10, &action, nullptr);",
                           "std::signal(SIGINT, handler);",
                           "signalfd(-1, &set, 0);",
                           "pthread_kill(thread, 10);",
                           "pthread_sigmask(SIG_BLOCK, &s, nullptr);",
                           "/* a */ kill(1'000, 'x'); // c",
                           "const char* s = \"//\"; kill(pid, 0);"}) {
    EXPECT_EQ(SignalCalls(code).size(), 1u) << code;
  }
}

TEST(StyleChecks, LeaveTheInnocentAlone) {
  for (const char* code :
       {"// kill(pid, 10);", "/* kill(pid,\n 10); */", "Say(\"kill(pid)\");", "link.Pause(gap);",
        "link.Send(signal, lane);", "int skill(int);", "pause_(gap);", "std::min(pause, left)",
        "#include <csignal>", "Caught{signal, sender}", "TakeSignal({SIGUSR1});", "overkill(3);",
        "struct sigaction action = {};", "R\"(kill(pid))\""}) {
    EXPECT_EQ(SignalCalls(code), Offences{}) << code;
  }
}

TEST(StyleChecks, FindForeignIncludes) {
  const std::regex core(R"(core/.*)");
  EXPECT_EQ(ForeignIncludes("#include \"core/link.h\"\n#include <vector>\n", core), Offences{});
  EXPECT_EQ(ForeignIncludes("#include <a>\n  # include \"apps/cli.h\"\n", core),
            Offences{"includes apps/cli.h"});
}

TEST(StyleChecks, FindLayoutOffences) {
  EXPECT_EQ(Layout("x", "// What for.\nint x;\n"), Offences{});
  EXPECT_EQ(Layout("x", "#!/usr/bin/env python3\n"), Offences{});
  EXPECT_EQ(Layout("frame", "#include \"core/frame.h\"\n"), Offences{});
  EXPECT_EQ(Layout("frame", "#include \"core/link.h\"\n").size(), 1u);
  std::string wide = "// ";
  for (std::size_t i = 3; i < kMaxColumns; ++i) wide += "ü";
  EXPECT_EQ(Layout("x", wide + "\n"), Offences{});
  EXPECT_EQ(Layout("x", wide + "x\n").size(), 1u);
  for (const std::string& text :
       {std::string(), std::string("int x;\n"), std::string("#pragma once\n"),
        std::string("#include <a>\n"), std::string("// x\n\tint x;\n"), std::string("// x \n"),
        std::string("// no newline")}) {
    EXPECT_EQ(Layout("x", text).size(), 1u) << text;
  }
  std::string tall = "// x\n";
  for (std::size_t i = 0; i < kMaxLines; ++i) tall += "x\n";
  EXPECT_EQ(Layout("x", tall).size(), 1u);
}

}  // namespace
}  // namespace minitalk
