// Holds a message until it is complete: in memory while it is short, then in an unlinked temporary
// file, so that many large messages at once do not exhaust the memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace minitalk {

// Not thread-safe.
class Spool {
 public:
  // False: the temporary file could not be written (errno says why).
  bool Append(std::span<const std::byte> bytes);

  std::uint64_t size() const { return size_; }

  // Calls `use` with consecutive pieces from the beginning until it returns false. False: it did,
  // or the file could not be read back (errno says why).
  bool ForEach(const std::function<bool(std::span<const std::byte>)>& use) const;

  // All of it, for what needs the whole at once: JSON, a terminal. Nothing: the file could not be
  // read back (errno says why).
  std::optional<std::string> Text() const;

 private:
  static constexpr std::size_t kInMemory = 1 << 20;
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::vector<std::byte> memory_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
};

}  // namespace minitalk
