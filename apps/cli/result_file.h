// The file that a run leaves behind.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace minitalk {

// Whether it can be written shows before the run, not after two minutes; it takes its name only
// when it is complete, so that two runs at once or an interrupted one never leave half of it. What
// is no regular file, such as /dev/stdout, is written as it is and never replaced.
class ResultFile {
 public:
  // Throws std::runtime_error where it cannot be written. Leaves nothing behind.
  explicit ResultFile(std::string path);
  // Throws std::runtime_error where it could not be written whole.
  void Write(const std::string& text) const;

 private:
  // Opens, writes and closes the file that is written at first.
  void Fill(const std::string& text) const;
  [[noreturn]] void Throw() const;

  std::string path_;
  std::string half_;  // what it is called until it is whole; path_ itself: it is not replaced
};

// A row a line: each item of a list, and each member of the outer two objects.
std::string JsonText(const nlohmann::ordered_json& document);

}  // namespace minitalk
