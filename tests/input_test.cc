// A message that is read while it is being sent: constant memory, and honest about what is there.
#include "core/endpoint/input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "core/os/fd.h"
#include "process_harness.h"

namespace minitalk {
namespace {

std::string View(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Put(const Pipe& pipe, std::string_view text) {
  EXPECT_EQ(write(pipe.write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// All of it, in pieces of at most `want`; "?" marks a piece that was empty and not the last.
std::string ReadAll(DescriptorSource& source, std::size_t want) {
  std::string text;
  for (;;) {
    const auto piece = source.Peek(want);
    if (piece.failed) return "failed";
    if (piece.bytes.size() > want) return "too much";
    text += View(piece.bytes);
    if (piece.last) return text;
    if (piece.bytes.empty()) text += '?';
    source.Consume(piece.bytes.size());
  }
}

TEST(Input, LastIsKnownInTime) {
  for (const std::size_t want : {1u, 3u, 4u, 6u, 12u, 13u}) {
    Pipe pipe;
    Put(pipe, "twelve bytes");
    pipe.write = Fd();
    DescriptorSource source(pipe.read.get());
    std::size_t pieces = 0;
    for (bool last = false; !last; ++pieces) {
      const auto piece = source.Peek(want);
      last = piece.last;
      EXPECT_EQ(piece.bytes.size(), std::min<std::size_t>(want, 12 - pieces * want));
      source.Consume(piece.bytes.size());
    }
    // No empty piece at the end, also where the length is a multiple.
    EXPECT_EQ(pieces, (12 + want - 1) / want);
  }
}

TEST(Input, NothingAtAll) {
  Pipe pipe;
  pipe.write = Fd();
  DescriptorSource source(pipe.read.get());
  const auto piece = source.Peek(10);
  EXPECT_TRUE(piece.last);
  EXPECT_TRUE(piece.bytes.empty());
  EXPECT_EQ(source.Length(), 0u);
}

TEST(Input, PeekIsStableUntilConsumed) {
  Pipe pipe;
  Put(pipe, "abcdefgh");
  pipe.write = Fd();
  DescriptorSource source(pipe.read.get());
  EXPECT_EQ(View(source.Peek(4).bytes), "abcd");
  EXPECT_EQ(View(source.Peek(4).bytes), "abcd");
  // A frame that arrived damaged goes out again in smaller pieces.
  EXPECT_EQ(View(source.Peek(2).bytes), "ab");
  EXPECT_FALSE(source.Peek(7).last);
  EXPECT_TRUE(source.Peek(8).last);
  EXPECT_FALSE(source.Peek(2).last);
  source.Consume(2);
  EXPECT_EQ(View(source.Peek(6).bytes), "cdefgh");
  EXPECT_TRUE(source.Peek(6).last);
}

// More may come, so an empty piece, and not the last, keeps the conversation alive.
TEST(Input, SlowProducer) {
  Pipe pipe;
  DescriptorSource source(pipe.read.get());
  auto piece = source.Peek(4);
  EXPECT_TRUE(piece.bytes.empty());
  EXPECT_FALSE(piece.last);
  EXPECT_FALSE(piece.failed);
  source.Consume(0);
  Put(pipe, "ab");
  piece = source.Peek(4);
  EXPECT_EQ(View(piece.bytes), "ab");
  EXPECT_FALSE(piece.last);
  source.Consume(2);
  Put(pipe, "cd");
  pipe.write = Fd();
  piece = source.Peek(4);
  EXPECT_EQ(View(piece.bytes), "cd");
  EXPECT_TRUE(piece.last);
}

TEST(Input, NonBlockingPipe) {
  Pipe pipe;
  fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  const Child producer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    Put(pipe, "late");
    return std::string();
  });
  pipe.write = Fd();
  DescriptorSource source(pipe.read.get());
  EXPECT_TRUE(source.Prefetch());
  EXPECT_EQ(ReadAll(source, 3), "late");
}

TEST(Input, PrefetchLearnsTheLength) {
  Pipe pipe;
  Put(pipe, "12345");
  DescriptorSource source(pipe.read.get());
  EXPECT_EQ(source.Length(), kUnknownLength);
  pipe.write = Fd();
  EXPECT_TRUE(source.Prefetch());
  EXPECT_EQ(source.Length(), 5u);
  EXPECT_EQ(ReadAll(source, 2), "12345");
}

TEST(Input, LargeFile) {
  const std::string content = RandomBytes((3 << 20) + 17);
  const TemporaryFile file(content);
  const Fd fd(open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  DescriptorSource source(fd.get());
  EXPECT_TRUE(source.Prefetch());
  EXPECT_EQ(source.Length(), content.size());
  EXPECT_TRUE(ReadAll(source, 100'000) == content);
}

TEST(Input, LargePipeOfUnknownLength) {
  const std::string content = RandomBytes((2 << 20) + 5);
  Pipe pipe;
  const Child producer([&]() -> std::string {
    for (std::string_view left = content; !left.empty();) {
      const ssize_t written = write(pipe.write.get(), left.data(), left.size());
      if (written < 0) return "failed";
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    return "done";
  });
  pipe.write = Fd();
  DescriptorSource source(pipe.read.get());
  EXPECT_TRUE(source.Prefetch());
  EXPECT_EQ(source.Length(), kUnknownLength);
  // The producer may be slower than we are: empty pieces are allowed, lost bytes are not.
  std::string text;
  for (bool last = false; !last;) {
    const auto piece = source.Peek(1 << 20);
    ASSERT_FALSE(piece.failed);
    last = piece.last;
    text += View(piece.bytes);
    source.Consume(piece.bytes.size());
  }
  EXPECT_TRUE(text == content);
  EXPECT_EQ(source.Length(), content.size());
}

TEST(Input, Unreadable) {
  const Fd directory(open("/tmp", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(DescriptorSource(directory.get()).Prefetch());
  EXPECT_TRUE(DescriptorSource(directory.get()).Peek(1).failed);
}

}  // namespace
}  // namespace minitalk
