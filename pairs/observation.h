// Whether a message stands in what a server printed, among banners, colours and the rest, and if
// not, where it first goes wrong. Pure functions on bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace minitalk {

// Without colours and other escape sequences of terminals.
std::string StripEscapes(std::string_view output);

// What a program said, for people: without escape sequences and blanks around it, its last 1,000
// bytes, control characters and invalid UTF-8 escaped, lines kept.
std::string Readable(std::string_view output);

// The last `count` lines, joined by " | ".
std::string LastLines(const std::string& text, std::size_t count);

// Whether a number stands there and no digit beside it.
bool HoldsNumber(std::string_view output, long number);

// Looks for one message in an output that grows, from `start` on: as it is, or escaped as a
// careful program shows it on a terminal.
class TextSearch {
 public:
  TextSearch(std::string text, std::size_t start);
  // Whether it is there by now. Cheap to ask after every byte.
  bool Find(std::string_view output);

  const std::string& text() const { return text_; }
  std::size_t start() const { return start_; }
  bool found() const { return found_; }
  bool found_escaped() const { return found_escaped_; }

 private:
  bool Holds(std::string_view output, const std::string& form) const;

  std::string text_;
  std::string escaped_;
  std::size_t start_;
  std::size_t searched_;
  bool found_ = false;
  bool found_escaped_ = false;
};

// The longest beginning of a message that stands in an output.
struct Beginning {
  std::size_t at = 0;
  std::size_t bytes = 0;  // 0: none
};
Beginning FindBeginning(std::string_view text, std::string_view output);

// Where a message that is not there goes wrong, in words. REQUIRES: it is not empty.
std::string DescribeFirstWrong(std::string_view text, std::string_view output);

}  // namespace minitalk
