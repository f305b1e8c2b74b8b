// The rules of the house that a machine can check: who may call the kernel about signals, which
// folder may include which, how long files, lines and functions are, that each file says what it is
// for and each header what it declares. The checks are in style_checks, and have a test.
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

void ExpectNone(const fs::path& file, const Offences& offences) {
  for (const std::string& offence : offences) ADD_FAILURE() << Relative(file) << ": " << offence;
}

TEST(Style, OnlyCoreOsMakesSignalCalls) {
  const std::regex exempt(R"(core/os/\w+\.(h|cc)|bench/floor\.cc)");
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
  const std::regex exempt(R"(core/os/\w+\.(h|cc))");
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
  check("protocols", R"(core/wire/(link|protocol|bits|stop_and_wait)\.h|protocols/registry\.h)",
        "classic");
  check("protocols/classic", R"((core|protocols/classic)/.*)");
  check("bench/carriers", R"(core/(wire|os)/.*|bench/carriers/.*)");
  check("apps/cli", R"((core|apps/cli)/.*)");
  check("pairs", R"((core|pairs)/.*)");
  check("apps", R"((core|protocols|pairs|bench/carriers|apps)/.*)");
  check("bench", R"((core|protocols|pairs|apps/cli|bench)/.*|commit\.h)");
  check("verify", R"((core|protocols|apps/cli|verify)/.*)");
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
