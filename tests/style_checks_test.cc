// The checks of style themselves: each finds planted offences and leaves the innocent alone.
#include "style_checks.h"

#include <gtest/gtest.h>

#include <string>

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
    EXPECT_EQ(SignalCalls(code), Offences{}) << code;
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
    EXPECT_EQ(CallsOfOnePlace(code), Offences{}) << code;
  }
}

TEST(StyleChecks, FindSystemIncludes) {
  for (const char* name : {"unistd.h", "sys/wait.h", "csignal", "linux/types.h", "fstream"}) {
    EXPECT_EQ(SystemIncludes("#include <" + std::string(name) + ">\n").size(), 1u) << name;
  }
  for (const char* name : {"sys/types.h", "vector", "fmt/format.h", "cstdint"}) {
    EXPECT_EQ(SystemIncludes("#include <" + std::string(name) + ">\n"), Offences{}) << name;
  }
}

TEST(StyleChecks, FindForeignIncludes) {
  const std::regex core(R"(core/.*)");
  EXPECT_EQ(ForeignIncludes("#include \"core/wire/link.h\"\n#include <vector>\n", core),
            Offences{});
  EXPECT_EQ(ForeignIncludes("#include <a>\n  # include \"apps/cli/command_line.h\"\n", core),
            Offences{"includes apps/cli/command_line.h"});
}

TEST(StyleChecks, FindFilesThatDoNotSayWhatTheyAreFor) {
  for (const char* text :
       {"// What for.\n", "# What for.\n", "/* What for. */\n", "\"\"\"What for.\"\"\"\n",
        "#!/bin/sh\n# What for.\n", "#!/usr/bin/env python3\n\"\"\"What for.\"\"\"\n",
        "#include \"a/x.h\"\n"}) {
    EXPECT_EQ(SaysWhatItIsFor("x", text), Offences{}) << text;
  }
  EXPECT_EQ(SaysWhatItIsFor("__init__", ""), Offences{});
  for (const char* text : {"", "int x;\n", "#pragma once\n", "#include <a>\n", "#!/bin/sh\n",
                           "#!/bin/sh\nset -e\n", "//\n", "import os\n", "#include \"a/y.h\"\n"}) {
    EXPECT_EQ(SaysWhatItIsFor("x", text).size(), 1u) << text;
  }
}

TEST(StyleChecks, FindLayoutOffences) {
  EXPECT_EQ(Layout("x", "// What for.\nint x;\n"), Offences{});
  std::string wide = "// " + Repeat("ü", kMaxColumns - 3);
  EXPECT_EQ(Layout("x", wide + "\n"), Offences{});
  EXPECT_EQ(Layout("x", wide + "x\n").size(), 1u);
  for (const char* text : {"", "int x;\n", "// x\n\tint x;\n", "// x \n", "// no newline"}) {
    EXPECT_EQ(Layout("x", text).size(), 1u) << text;
  }
  EXPECT_EQ(Layout("x", "// x\n" + Repeat("x\n", kMaxFileLines - 1)), Offences{});
  EXPECT_EQ(Layout("x", "// x\n" + Repeat("x\n", kMaxFileLines)).size(), 1u);
}

TEST(StyleChecks, FindLongFunctions) {
  const std::string longest = "{\n" + Repeat("  f();\n", kMaxFunctionLines - 2) + "}\n";
  const std::string too_long = "{\n" + Repeat("  f();\n", kMaxFunctionLines - 1) + "}\n";
  for (const char* head :
       {"int main() ", "void A::B(int x) const ", "auto f = [](int) ", "A::A() : a_{1}, b_(2) ",
        "TEST(A, B) ", "template <class T> void f(T) "}) {
    EXPECT_EQ(LongFunctions(head + longest), Offences{}) << head;
    EXPECT_EQ(LongFunctions(head + too_long).size(), 1u) << head;
    // Of a class and its members only the members count.
    const std::string members = "class A {\n" + std::string(head) + longest + head + longest;
    EXPECT_EQ(LongFunctions(members + "};\n"), Offences{}) << head;
    EXPECT_EQ(LongFunctions(members + head + too_long + "};\n").size(), 1u) << head;
  }
  const std::string lambda = "void f() {\n  auto g = []() " + longest + "}\n";
  EXPECT_EQ(LongFunctions(lambda).size(), 1u);
  for (const char* head : {"namespace a ", "struct A ", "constexpr int kTable[] = ",
                           "#if defined(X)\n#endif\nnamespace a ", "// f()\nenum class A "}) {
    EXPECT_EQ(LongFunctions(head + too_long), Offences{}) << head;
  }
  // Braces that are none.
  EXPECT_EQ(LongFunctions("void f() { Say(\"{\"); /* { */ Say('{'); }\n" + too_long), Offences{});
}

TEST(StyleChecks, FindLongPythonFunctions) {
  const std::string longest = Repeat("    f()\n\n", (kMaxFunctionLines - 1) / 2);
  EXPECT_EQ(LongPythonFunctions("def a():\n" + longest + "\n\ndef b(\n        x\n):\n    f()\n"),
            Offences{});
  EXPECT_EQ(LongPythonFunctions("def a():\n" + longest + "    f()\n"),
            Offences{"a has " + std::to_string(kMaxFunctionLines + 1) + " lines"});
  EXPECT_EQ(LongPythonFunctions("def b(\n    x\n):\n" + longest).size(), 1u);
  EXPECT_EQ(LongPythonFunctions("class A:\n    def b(self):\n" +
                                Repeat("        f()\n", kMaxFunctionLines))
                .size(),
            1u);
  EXPECT_EQ(LongPythonFunctions(Repeat("f()\n", kMaxFunctionLines + 1)), Offences{});
}

TEST(StyleChecks, FindUncommentedDeclarations) {
  for (const char* header :
       {"// X.\nclass A {\n  int f();\n};\n", "// X.\nint f();\nint g(int a,\n      int b);\n",
        "int f();  // X.\n", "class A;\nstruct B;\nenum class C : int;\n", "using A = int;\n",
        "inline constexpr int kA = (1 + 2);\n", "// X.\ntemplate <typename T>\nclass A {};\n",
        "// X.\nenum class A { kB };\nA f();\n",
        "#include <a>\n\nnamespace a {\n}  // namespace a\n", "// X.\nbool operator==(A, A);\n"}) {
    EXPECT_EQ(UncommentedDeclarations(header), Offences{}) << header;
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

}  // namespace
}  // namespace minitalk::style
