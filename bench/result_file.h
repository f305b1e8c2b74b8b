// The file that a run writes: opened before it, so that a wrong path fails now and not after two
// minutes. It takes its name only when it is complete; until then nothing of that name is touched.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace minitalk {

// From now on SIGINT and SIGTERM end this process with 128 and the signal's number, after a line
// that says so, and leave no unfinished file. A forked child ends without a word.
void EndCleanlyWhenInterrupted();

// One at a time. Throws std::runtime_error where the file cannot be written.
class ResultFile {
 public:
  explicit ResultFile(std::string path);
  ~ResultFile();  // an unfinished file goes
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  void Write(const nlohmann::ordered_json& document);

 private:
  [[noreturn]] void Throw() const;

  std::string path_;
  std::string unfinished_;
  std::ofstream file_;
};

}  // namespace minitalk
