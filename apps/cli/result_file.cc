#include "apps/cli/result_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "core/endpoint/output.h"

namespace minitalk {
namespace {

// A rename would put a file in the place of a device or a fifo.
bool StaysInPlace(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

}  // namespace

ResultFile::ResultFile(std::string path)
    : path_(std::move(path)),
      temporary_(StaysInPlace(path_) ? path_ : fmt::format("{}.{}", path_, getpid())) {
  if (temporary_ != path_) {
    Fill("");
    std::remove(temporary_.c_str());
    return;
  }
  // Not opened yet: a fifo would wait for its reader.
  errno = EISDIR;
  if (std::filesystem::is_directory(path_) || access(path_.c_str(), W_OK) != 0) Throw();
}

void ResultFile::Write(const std::string& text) const {
  Fill(text);
  if (temporary_ != path_ && std::rename(temporary_.c_str(), path_.c_str()) != 0) Throw();
}

void ResultFile::Fill(const std::string& text) const {
  std::ofstream file(temporary_, std::ios::trunc);
  file << text;
  file.close();
  if (file) return;
  const int error = errno;
  if (temporary_ != path_) std::remove(temporary_.c_str());
  errno = error;
  Throw();
}

void ResultFile::Throw() const {
  throw std::runtime_error(fmt::format("cannot write {}: {}; choose another path",
                                       EscapeForTerminal(path_), std::strerror(errno)));
}

}  // namespace minitalk
