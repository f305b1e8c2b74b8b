// The file that a run leaves behind.
#pragma once

#include <string>

namespace minitalk {

// Whether it can be written shows before the run, not after two minutes. Written by an atomic
// rename, so that two runs at once or an interrupted one never leave half of it. What is no regular
// file, such as /dev/stdout, is written as it is and never replaced.
class ResultFile {
 public:
  // Throws std::runtime_error where it cannot be written. Leaves nothing behind.
  explicit ResultFile(std::string path);
  // Throws std::runtime_error where it could not be written whole.
  void Write(const std::string& text) const;

 private:
  void Fill(const std::string& text) const;
  [[noreturn]] void Throw() const;

  std::string path_;
  std::string temporary_;  // what is renamed; path_ itself: nothing is
};

}  // namespace minitalk
