// A sink that keeps the message, and can be told to refuse it.
#pragma once

#include <string>

#include "core/wire/session.h"

namespace minitalk {

class CollectingSink final : public Sink {
 public:
  explicit CollectingSink(Status on_append = Status::kOk, Status on_commit = Status::kOk)
      : on_append_(on_append), on_commit_(on_commit) {}

  Status Append(std::span<const std::byte> bytes) override {
    if (on_append_ == Status::kOk) {
      text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return on_append_;
  }
  Status Commit(const TransferStats&) override {
    ++commits_;
    return on_commit_;
  }

  const std::string& text() const { return text_; }
  int commits() const { return commits_; }

 private:
  Status on_append_;
  Status on_commit_;
  std::string text_;
  int commits_ = 0;
};

inline std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace minitalk
