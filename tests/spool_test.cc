// Messages of every length come back as they went in, from memory or from the temporary file.
#include "core/endpoint/spool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <string>

namespace minitalk {
namespace {

std::string Random(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

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
      const std::string text = Random(size);
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

// How many files the process has open that have no name any more.
int UnlinkedFiles() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    count += IsUnlinked(entry.path()) ? 1 : 0;
  }
  return count;
}

std::string UnlinkedFile() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    if (IsUnlinked(entry.path())) return entry.path();
  }
  return "";
}

TEST(Spool, LongMessagesLieInAFile) {
  const int before = UnlinkedFiles();
  {
    Spool spool;
    ASSERT_TRUE(AppendInPieces(spool, Random(kMebibyte), 100'000));
    EXPECT_EQ(UnlinkedFiles(), before);
    ASSERT_TRUE(AppendInPieces(spool, "x", 1));
    EXPECT_EQ(UnlinkedFiles(), before + 1);
  }
  EXPECT_EQ(UnlinkedFiles(), before);
}

// What somebody else has done to the file, or the disk.
TEST(Spool, WhatCannotBeReadBackIsNoText) {
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, Random(3 * kMebibyte), kMebibyte));
  ASSERT_EQ(truncate(UnlinkedFile().c_str(), 2 * kMebibyte), 0);
  EXPECT_EQ(spool.Text(), std::nullopt);
  EXPECT_EQ(errno, EIO);
}

TEST(Spool, MovesWithItsContent) {
  const std::string text = Random(2 * kMebibyte);
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, text, kMebibyte));
  const Spool moved = std::move(spool);
  EXPECT_TRUE(moved.Text() == text);
}

TEST(Spool, ForEachStopsWhenTold) {
  Spool spool;
  ASSERT_TRUE(AppendInPieces(spool, Random(3 * kMebibyte), kMebibyte));
  int calls = 0;
  EXPECT_FALSE(spool.ForEach([&](auto) { return ++calls < 2; }));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace minitalk
