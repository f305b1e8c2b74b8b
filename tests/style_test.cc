// The rules of the house that a machine can check: who may call the kernel about signals, which
// folder may include which, how long files, lines and functions are, that each file says what it is
// for and each header what it declares. First the checks of style_checks.h themselves: each finds
// planted violations and leaves the innocent alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "style_checks.h"

namespace minitalk::style {
namespace {

std::string Repeat(const std::string& text, std::size_t times) {
  std::string repeated;
  for (std::size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

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
    EXPECT_EQ(SignalCalls(code), Violations{}) << code;
  }
}

TEST(StyleChecks, FindWhatHasOnePlace) {
  for (const char* code : {"const pid_t pid = fork();\n", "prctl(PR_SET_PDEATHSIG, SIGKILL);\n",
                           "mmap (nullptr, 1);\n", "setitimer(ITIMER_REAL, &a, nullptr);\n",
                           "throw std::system_error(errno, std::generic_category(), what);\n"}) {
    EXPECT_EQ(CallsOfOnePlace(code).size(), 1u) << code;
  }
  for (const char* code : {"Fork(body);\n", "// fork() is not here\n", "munmap(a, 1);\n",
                           "catch (const std::system_error& error) {\n"}) {
    EXPECT_EQ(CallsOfOnePlace(code), Violations{}) << code;
  }
}

TEST(StyleChecks, FindSystemIncludes) {
  for (const char* name : {"unistd.h", "sys/wait.h", "csignal", "linux/types.h", "fstream"}) {
    EXPECT_EQ(SystemIncludes("#include <" + std::string(name) + ">\n").size(), 1u) << name;
  }
  for (const char* name : {"sys/types.h", "vector", "fmt/format.h", "cstdint"}) {
    EXPECT_EQ(SystemIncludes("#include <" + std::string(name) + ">\n"), Violations{}) << name;
  }
}

TEST(StyleChecks, FindForeignIncludes) {
  const std::regex core(R"(core/.*)");
  EXPECT_EQ(ForeignIncludes("#include \"core/wire/link.h\"\n#include <vector>\n", core),
            Violations{});
  EXPECT_EQ(ForeignIncludes("#include <a>\n  # include \"apps/cli/command_line.h\"\n", core),
            Violations{"includes apps/cli/command_line.h"});
}

TEST(StyleChecks, FindFilesThatDoNotSayWhatTheyAreFor) {
  for (const char* text :
       {"// What for.\n", "# What for.\n", "/* What for. */\n", "\"\"\"What for.\"\"\"\n",
        "#!/bin/sh\n# What for.\n", "#!/usr/bin/env python3\n\"\"\"What for.\"\"\"\n",
        "#include \"a/x.h\"\n"}) {
    EXPECT_EQ(SaysWhatItIsFor("x", text), Violations{}) << text;
  }
  EXPECT_EQ(SaysWhatItIsFor("__init__", ""), Violations{});
  for (const char* text : {"", "int x;\n", "#pragma once\n", "#include <a>\n", "#!/bin/sh\n",
                           "#!/bin/sh\nset -e\n", "//\n", "import os\n", "#include \"a/y.h\"\n"}) {
    EXPECT_EQ(SaysWhatItIsFor("x", text).size(), 1u) << text;
  }
}

TEST(StyleChecks, FindLayoutViolations) {
  EXPECT_EQ(Layout("x", "// What for.\nint x;\n"), Violations{});
  std::string wide = "// " + Repeat("ü", kMaxColumns - 3);
  EXPECT_EQ(Layout("x", wide + "\n"), Violations{});
  EXPECT_EQ(Layout("x", wide + "x\n").size(), 1u);
  for (const char* text : {"", "int x;\n", "// x\n\tint x;\n", "// x \n", "// no newline"}) {
    EXPECT_EQ(Layout("x", text).size(), 1u) << text;
  }
  EXPECT_EQ(Layout("x", "// x\n" + Repeat("x\n", kMaxFileLines - 1)), Violations{});
  EXPECT_EQ(Layout("x", "// x\n" + Repeat("x\n", kMaxFileLines)).size(), 1u);
}

TEST(StyleChecks, FindLongFunctions) {
  const std::string longest = "{\n" + Repeat("  f();\n", kMaxFunctionLines - 2) + "}\n";
  const std::string too_long = "{\n" + Repeat("  f();\n", kMaxFunctionLines - 1) + "}\n";
  for (const char* head :
       {"int main() ", "void A::B(int x) const ", "auto f = [](int) ", "A::A() : a_{1}, b_(2) ",
        "TEST(A, B) ", "template <class T> void f(T) "}) {
    EXPECT_EQ(LongFunctions(head + longest), Violations{}) << head;
    EXPECT_EQ(LongFunctions(head + too_long).size(), 1u) << head;
    // Of a class and its members only the members count.
    const std::string members = "class A {\n" + std::string(head) + longest + head + longest;
    EXPECT_EQ(LongFunctions(members + "};\n"), Violations{}) << head;
    EXPECT_EQ(LongFunctions(members + head + too_long + "};\n").size(), 1u) << head;
  }
  const std::string lambda = "void f() {\n  auto g = []() " + longest + "}\n";
  EXPECT_EQ(LongFunctions(lambda).size(), 1u);
  for (const char* head : {"namespace a ", "struct A ", "constexpr int kTable[] = ",
                           "#if defined(X)\n#endif\nnamespace a ", "// f()\nenum class A "}) {
    EXPECT_EQ(LongFunctions(head + too_long), Violations{}) << head;
  }
  // Braces that are none.
  EXPECT_EQ(LongFunctions("void f() { Say(\"{\"); /* { */ Say('{'); }\n" + too_long), Violations{});
}

TEST(StyleChecks, FindLongPythonFunctions) {
  const std::string longest = Repeat("    f()\n\n", (kMaxFunctionLines - 1) / 2);
  EXPECT_EQ(LongPythonFunctions("def a():\n" + longest + "\n\ndef b(\n        x\n):\n    f()\n"),
            Violations{});
  EXPECT_EQ(LongPythonFunctions("def a():\n" + longest + "    f()\n"),
            Violations{"a has " + std::to_string(kMaxFunctionLines + 1) + " lines"});
  EXPECT_EQ(LongPythonFunctions("def b(\n    x\n):\n" + longest).size(), 1u);
  EXPECT_EQ(LongPythonFunctions("class A:\n    def b(self):\n" +
                                Repeat("        f()\n", kMaxFunctionLines))
                .size(),
            1u);
  EXPECT_EQ(LongPythonFunctions(Repeat("f()\n", kMaxFunctionLines + 1)), Violations{});
}

TEST(StyleChecks, FindUncommentedDeclarations) {
  for (const char* header :
       {"// X.\nclass A {\n  int f();\n};\n", "// X.\nint f();\nint g(int a,\n      int b);\n",
        "int f();  // X.\n", "class A;\nstruct B;\nenum class C : int;\n", "using A = int;\n",
        "inline constexpr int kA = (1 + 2);\n", "// X.\ntemplate <typename T>\nclass A {};\n",
        "// X.\nenum class A { kB };\nA f();\n",
        "#include <a>\n\nnamespace a {\n}  // namespace a\n", "// X.\nbool operator==(A, A);\n"}) {
    EXPECT_EQ(UncommentedDeclarations(header), Violations{}) << header;
  }
  for (const char* header :
       {"class A {\n  // X.\n  int f();\n};\n", "int f();\n", "// X.\n\nint f();\n",
        "// X.\nstruct A {};\nstruct B {};\n", "// X.\nint f();\nstruct B {};\n",
        "enum class A { kB };\n", "struct A::B {\n};\n", "template <typename T>\nclass A {};\n",
        "template <typename T> T f(T);\n", "bool operator==(A, A);\n", "inline int f() {\n}\n",
        "namespace a {\nint f();\n", "// X.\nint f();\n\nint g();\n"}) {
    EXPECT_EQ(UncommentedDeclarations(header).size(), 1u) << header;
  }
}

namespace fs = std::filesystem;

const std::set<std::string> kCxx{".cc", ".h"};
// Where the parts of the product are; each is a folder that others may include.
const std::vector<std::string> kParts{"core", "protocols", "pairs", "apps", "bench", "verify"};
// What is not ours to judge, or not written by hand.
const std::set<std::string> kLeftOut{".git", "build", "results", "__pycache__"};

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The project's own files below `folder` with one of these endings; a file without one, or with a
// name that says its language, is asked for by its whole name.
std::vector<fs::path> Files(const std::string& folder, const std::set<std::string>& endings) {
  std::vector<fs::path> files;
  const fs::path root = fs::path(MINITALK_SOURCE_DIR) / folder;
  if (!fs::exists(root)) return files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != end(entry); ++entry) {
    const fs::path& path = entry->path();
    if (entry->is_directory()) {
      if (kLeftOut.contains(path.filename().string())) entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && (endings.contains(path.extension().string()) ||
                                            endings.contains(path.filename().string()))) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Relative(const fs::path& path) {
  return fs::relative(path, MINITALK_SOURCE_DIR).generic_string();
}

void ExpectNone(const fs::path& file, const Violations& violations) {
  for (const std::string& violation : violations)
    ADD_FAILURE() << Relative(file) << ": " << violation;
}

TEST(Style, OnlyCoreOsMakesSignalCalls) {
  const std::regex exempt(R"(core/os/\w+\.(h|cc)|bench/floor\.cc|verify/kernel/.*)");
  std::size_t exempted = 0;
  auto folders = kParts;
  folders.emplace_back("docs");
  for (const std::string& folder : folders) {
    for (const fs::path& file : Files(folder, kCxx)) {
      if (std::regex_match(Relative(file), exempt)) {
        ++exempted;
      } else {
        ExpectNone(file, SignalCalls(ReadAll(file)));
      }
    }
  }
  EXPECT_GE(exempted, 2u);
  // The check would find them: the file that may is full of them.
  EXPECT_GE(SignalCalls(ReadAll(fs::path(MINITALK_SOURCE_DIR) / "core/os/signals.cc")).size(), 5u);
}

// One class of child processes, one ticker, one way to share memory and to throw an errno.
TEST(Style, WhatCoreOsHasIsNotMadeTwice) {
  const std::regex exempt(R"(core/os/\w+\.(h|cc)|verify/kernel/.*)");
  for (const std::string& folder : kParts) {
    for (const fs::path& file : Files(folder, kCxx)) {
      if (!std::regex_match(Relative(file), exempt))
        ExpectNone(file, CallsOfOnePlace(ReadAll(file)));
    }
  }
}

TEST(Style, TheWireAsksTheSystemForNothing) {
  const auto files = Files("core/wire", kCxx);
  EXPECT_GE(files.size(), 10u);
  for (const fs::path& file : files) ExpectNone(file, SystemIncludes(ReadAll(file)));
}

TEST(Style, DependenciesRunOneWay) {
  const auto check = [](const char* folder, const char* allowed, const char* but = "") {
    auto files = Files(folder, kCxx);
    std::erase_if(files,
                  [&](const fs::path& file) { return file.parent_path().filename() == but; });
    EXPECT_GE(files.size(), 2u) << folder;
    for (const fs::path& file : files) {
      ExpectNone(file, ForeignIncludes(ReadAll(file), std::regex(allowed)));
    }
  };
  check("core/wire", R"(core/wire/.*)");
  check("core/os", R"(core/(wire|os)/.*)");
  check("core/endpoint", R"(core/.*)");
  check("protocols",
        R"(core/wire/(link|threads|protocol|bits|stop_and_wait)\.h|protocols/registry\.h)",
        "classic");
  check("protocols/classic", R"((core|protocols/classic)/.*)");
  check("bench/carriers", R"(core/(wire|os)/.*|bench/carriers/.*)");
  check("apps/cli", R"((core|apps/cli)/.*)");
  check("pairs", R"((core/(wire|os)|pairs)/.*)");
  check("apps", R"((core|protocols|pairs|bench/carriers|apps)/.*)");
  check("bench", R"((core|protocols|pairs|apps/cli|bench)/.*|commit\.h)");
  check("verify", R"((core|protocols|apps/cli|verify)/.*)", "kernel");
  check("verify/kernel", R"(core/wire/signal\.h|verify/(pending\.h|kernel/.*))");
}

TEST(Style, LayoutOfFiles) {
  const auto files = Files("", {".cc", ".h", ".py", ".sh", ".bash"});
  for (const fs::path& file : files) ExpectNone(file, Layout(file.stem().string(), ReadAll(file)));
  EXPECT_GE(files.size(), 250u);
}

TEST(Style, EveryFileSaysWhatItIsFor) {
  const auto files = Files("", {".c", ".cmake", ".css", ".js", ".pml", ".yml", ".yaml", "Makefile",
                                "CMakeLists.txt", ".clang-tidy"});
  for (const fs::path& file : files) {
    ExpectNone(file, SaysWhatItIsFor(file.stem().string(), ReadAll(file)));
  }
  EXPECT_GE(files.size(), 40u);
}

TEST(Style, FunctionsAreShort) {
  for (const fs::path& file : Files("", {".cc", ".h", ".c"})) {
    ExpectNone(file, LongFunctions(ReadAll(file)));
  }
  for (const fs::path& file : Files("", {".py"})) {
    ExpectNone(file, LongPythonFunctions(ReadAll(file)));
  }
}

TEST(Style, HeadersSayWhatTheyDeclare) {
  for (const std::string& folder : kParts) {
    const auto headers = Files(folder, {".h"});
    EXPECT_GE(headers.size(), 1u) << folder;
    for (const fs::path& header : headers) {
      ExpectNone(header, UncommentedDeclarations(ReadAll(header)));
    }
  }
}

}  // namespace
}  // namespace minitalk::style
