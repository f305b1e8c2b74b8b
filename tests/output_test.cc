// A message in the server: it comes back as it went in, from memory or from the temporary file, and
// goes out whole or not at all, with nothing dangerous on a terminal.
#include "core/endpoint/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>

#include "core/endpoint/spool.h"
#include "core/os/fd.h"
#include "process_harness.h"

namespace minitalk {
namespace {

bool AppendInPieces(Spool& spool, const std::string& text, std::size_t piece) {
  auto left = std::as_bytes(std::span(text));
  while (!left.empty()) {
    const auto part = left.first(std::min(piece, left.size()));
    if (!spool.Append(part)) return false;
    left = left.subspan(part.size());
  }
  return true;
}

constexpr std::size_t kMebibyte = 1 << 20;

TEST(Spool, ComesBackIdentical) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMebibyte - 1, kMebibyte,
                                 kMebibyte + 1, 3 * kMebibyte + 7}) {
    for (const std::size_t piece : {std::size_t{65'537}, 2 * kMebibyte}) {
      const std::string text = RandomBytes(size);
      Spool spool;
      ASSERT_TRUE(AppendInPieces(spool, text, piece));
      EXPECT_EQ(spool.size(), size);
      EXPECT_TRUE(spool.Text() == text) << size;
      EXPECT_TRUE(spool.Text() == text) << "a second time, " << size;
    }
  }
}

bool IsUnlinked(const std::filesystem::path& descriptor) {
  std::error_code error;
  return std::filesystem::read_symlink(descriptor, error).string().ends_with("(deleted)");
}

// The descriptors of files that have no name any more; some may be inherited.
std::set<std::string> UnlinkedFiles() {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    if (IsUnlinked(entry.path())) files.insert(entry.path());
  }
  return files;
}

TEST(Spool, LongMessagesLieInAFile) {
  const std::size_t before = UnlinkedFiles().size();
  {
    Spool spool;
    ASSERT_TRUE(AppendInPieces(spool, RandomBytes(kMebibyte), 100'000));
    EXPECT_EQ(UnlinkedFiles().size(), before);
    ASSERT_TRUE(AppendInPieces(spool, "x", 1));
    EXPECT_EQ(UnlinkedFiles().size(), before + 1);
  }
  EXPECT_EQ(UnlinkedFiles().size(), before);
}

// What somebody else has done to the file, or the disk.
TEST(Spool, WhatCannotBeReadBackIsNoText) {
  const auto before = UnlinkedFiles();
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, RandomBytes(3 * kMebibyte), kMebibyte));
  for (const std::string& file : UnlinkedFiles()) {
    if (before.contains(file)) continue;
    ASSERT_EQ(truncate(file.c_str(), 2 * kMebibyte), 0);
  }
  EXPECT_EQ(spool.Text(), std::nullopt);
  EXPECT_EQ(errno, EIO);
}

TEST(Spool, MovesWithItsContent) {
  const std::string text = RandomBytes(2 * kMebibyte);
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, text, kMebibyte));
  const Spool moved = std::move(spool);
  EXPECT_TRUE(moved.Text() == text);
}

TEST(Spool, ForEachStopsWhenTold) {
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, RandomBytes(3 * kMebibyte), kMebibyte));
  int calls = 0;
  EXPECT_FALSE(spool.ForEach([&](auto) { return ++calls < 2; }));
  EXPECT_EQ(calls, 2);
}

Spool SpoolOf(const std::string& text) {
  Spool spool;
  spool.Append(std::as_bytes(std::span(text)));
  return spool;
}

bool WriteMessage(Output& output, const std::string& text) {
  auto turn = output.Lock();
  return turn && turn->Write(SpoolOf(text));
}

// What lies in a pipe at the moment.
std::string Drain(int fd) {
  std::string text(65536, '\0');
  const ssize_t got = read(fd, text.data(), text.size());
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

TEST(Escape, LeavesTextAlone) {
  for (const char* text : {"", "plain, with punctuation! \\ ~", "Grüße", "مرحبا بالعالم", "世界",
                           "🦊👩‍👩‍👧", "\u00a0", "e\u0301"}) {
    EXPECT_EQ(EscapeForTerminal(text), text);
  }
}

TEST(Escape, ControlCharacters) {
  EXPECT_EQ(EscapeForTerminal("a\nb\tc\r"), "a\\nb\\tc\\x0d");
  EXPECT_EQ(EscapeForTerminal(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(EscapeForTerminal("\x1b[31m\x07\x7f"), "\\x1b[31m\\x07\\x7f");
  // C1, encoded in UTF-8: a terminal may take U+009B for the beginning of a command.
  EXPECT_EQ(EscapeForTerminal("\u0080\u009b2J\u009f"), "\\xc2\\x80\\xc2\\x9b2J\\xc2\\x9f");
}

TEST(Escape, InvalidUtf8) {
  EXPECT_EQ(EscapeForTerminal("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(EscapeForTerminal("a\x80z"), "a\\x80z");
  EXPECT_EQ(EscapeForTerminal("\xc3"), "\\xc3");                             // cut off
  EXPECT_EQ(EscapeForTerminal("\xe4\xb8x"), "\\xe4\\xb8x");                  // cut off in between
  EXPECT_EQ(EscapeForTerminal("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(EscapeForTerminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(EscapeForTerminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

// Whatever comes in, what goes out cannot do anything to a terminal.
TEST(Escape, NothingDangerousIsLeft) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const std::string shown = EscapeForTerminal(text);
      const bool control = std::any_of(shown.begin(), shown.end(), [](unsigned char byte) {
        return byte < 0x20 || byte == 0x7f;
      });
      EXPECT_FALSE(control) << shown;
      const bool c1 =
          shown.size() == 2 && shown[0] == '\xc2' && static_cast<unsigned char>(shown[1]) < 0xa0;
      EXPECT_FALSE(c1);
    }
  }
}

TEST(Output, MessagesEndWithANewline) {
  const Pipe pipe(O_NONBLOCK);
  Output raw(pipe.write.get(), OutputFormat::kRaw, kHangGuard);
  EXPECT_TRUE(WriteMessage(raw, "one"));
  EXPECT_TRUE(WriteMessage(raw, ""));
  EXPECT_TRUE(WriteMessage(raw, std::string("\0\n\x1b", 3)));
  EXPECT_TRUE(raw.Lock()->WriteLine("line"));
  EXPECT_EQ(Drain(pipe.read.get()), std::string("one\n\n\0\n\x1b\nline\n", 14));
  Output escaped(pipe.write.get(), OutputFormat::kEscaped, kHangGuard);
  EXPECT_TRUE(WriteMessage(escaped, "a\nb"));
  EXPECT_EQ(Drain(pipe.read.get()), "a\\nb\n");
}

TEST(Output, FullDevice) {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  Output output(full.get(), OutputFormat::kRaw, kHangGuard);
  errno = 0;
  EXPECT_FALSE(WriteMessage(output, "x"));
  EXPECT_EQ(errno, ENOSPC);
}

// A message that did not fit into a pipe that nobody empties; then there is room again.
TEST(Output, AfterATornMessageANewLine) {
  const Pipe pipe(O_NONBLOCK);
  Output output(pipe.write.get(), OutputFormat::kRaw, std::chrono::milliseconds(20));
  ASSERT_TRUE(WriteMessage(output, "before"));
  EXPECT_FALSE(WriteMessage(output, std::string(1 << 20, 'x')));
  EXPECT_EQ(errno, ETIMEDOUT);
  std::string printed;
  for (std::string part; !(part = Drain(pipe.read.get())).empty();) printed += part;
  EXPECT_TRUE(printed.starts_with("before\nxxx"));
  EXPECT_TRUE(printed.ends_with("xxx"));
  EXPECT_TRUE(WriteMessage(output, "after"));
  EXPECT_EQ(Drain(pipe.read.get()), "\nafter\n");
  EXPECT_TRUE(WriteMessage(output, "last"));
  EXPECT_EQ(Drain(pipe.read.get()), "last\n");
}

// A file that may not grow beyond a few bytes: the disk is full half-way through a message.
std::string WriteBeyondLimit(const TemporaryFile& file, int flags) {
  return InChild([&]() -> std::string {
    signal(SIGXFSZ, SIG_IGN);
    const Fd fd(open(file.path().c_str(), O_WRONLY | flags));
    Output output(fd.get(), OutputFormat::kRaw, kHangGuard);
    const bool first = WriteMessage(output, "fits");
    const rlimit limit = {.rlim_cur = 20, .rlim_max = 20};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return "no limit";
    const bool second = WriteMessage(output, std::string(100, 'x'));
    const int error = errno;
    const bool third = WriteMessage(output, "too");
    return std::string(first ? "+" : "-") + (second ? "+" : "-") + (third ? "+" : "-") +
           (error == EFBIG ? " EFBIG" : " ?");
  });
}

TEST(Output, HalfAMessageIsTakenBackFromAFile) {
  for (const int flags : {0, O_APPEND}) {
    const TemporaryFile file;
    EXPECT_EQ(WriteBeyondLimit(file, flags), "+-+ EFBIG");
    EXPECT_EQ(file.Content(), "fits\ntoo\n");
  }
}

// The lock passes on when a session dies with it, and the next message starts a line of its own.
TEST(Output, HolderDiesInTheMiddle) {
  const Pipe pipe(O_NONBLOCK);
  Output output(pipe.write.get(), OutputFormat::kRaw, kHangGuard);
  {
    const Child holder([&]() -> std::string {
      auto turn = output.Lock();
      // More than the pipe holds: it blocks in the middle until it is killed.
      turn->Write(SpoolOf(std::string(1 << 20, 'x')));
      return "";
    });
    std::string printed;
    ASSERT_TRUE(Eventually([&] { return !(printed = Drain(pipe.read.get())).empty(); }));
  }
  while (!Drain(pipe.read.get()).empty()) {
  }
  EXPECT_TRUE(WriteMessage(output, "next"));
  EXPECT_EQ(Drain(pipe.read.get()), "\nnext\n");
}

TEST(Output, OneAtATime) {
  const TemporaryFile file;
  const Fd fd(open(file.path().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  Output output(fd.get(), OutputFormat::kRaw, kHangGuard);
  const auto writer = [&](char letter) {
    return [&output, letter]() -> std::string {
      bool good = true;
      for (int i = 0; i < 50; ++i) good &= WriteMessage(output, std::string(20'000, letter));
      return good ? "done" : "failed";
    };
  };
  const Child a(writer('a'));
  const Child b(writer('b'));
  EXPECT_EQ(a.Result(), "done");
  EXPECT_EQ(b.Result(), "done");
  std::istringstream lines(file.Content());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_EQ(line, std::string(20'000, line[0]));
  }
  EXPECT_EQ(count, 100);
}

TEST(Output, LockIsNotAwaitedForEver) {
  const Pipe pipe(O_NONBLOCK);
  Output output(pipe.write.get(), OutputFormat::kRaw, std::chrono::milliseconds(20));
  const auto turn = output.Lock();
  ASSERT_TRUE(turn);
  EXPECT_EQ(InChild([&] { return std::string(output.Lock() ? "got it" : "gave up"); }), "gave up");
}

}  // namespace
}  // namespace minitalk
