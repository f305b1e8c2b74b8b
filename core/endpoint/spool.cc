#include "core/endpoint/spool.h"

#include <cerrno>
#include <utility>

namespace minitalk {

bool Spool::Append(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (!file_) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    if (memory_.size() <= kInMemory) return true;
    file_.reset(std::tmpfile());
    if (!file_) return false;
    bytes = memory_;
  }
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size();
  memory_ = {};
  return written && std::fflush(file_.get()) == 0;
}

bool Spool::ForEach(const std::function<bool(std::span<const std::byte>)>& use) const {
  if (!file_) return use(memory_);
  std::rewind(file_.get());
  std::vector<std::byte> piece(kInMemory);
  for (std::uint64_t left = size_; left > 0;) {
    const std::size_t got = std::fread(piece.data(), 1, piece.size(), file_.get());
    if (got == 0 && std::feof(file_.get()) != 0) errno = EIO;  // somebody made it shorter
    if (got == 0 || !use(std::span(piece).first(got))) return false;
    left -= got;
  }
  return true;
}

std::optional<std::string> Spool::Text() const {
  std::string text;
  const bool whole = ForEach([&](std::span<const std::byte> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return true;
  });
  return whole ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace minitalk
