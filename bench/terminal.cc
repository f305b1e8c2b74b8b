#include "bench/terminal.h"

#include <fcntl.h>
#include <termios.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace minitalk {
namespace {

constexpr std::size_t kMostOutput = 16u << 20;
constexpr std::size_t kMostAtOnce = 1u << 20;  // who writes without end must not keep us reading

void Must(bool success, const char* call) {
  if (!success) throw std::system_error(errno, std::generic_category(), call);
}

}  // namespace

Terminal::Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
  Must(master_.valid(), "posix_openpt");
  Must(grantpt(master_.get()) == 0 && unlockpt(master_.get()) == 0, "unlockpt");
  std::array<char, 64> name = {};
  Must(ptsname_r(master_.get(), name.data(), name.size()) == 0, "ptsname_r");
  slave_ = Fd(open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  Must(slave_.valid(), name.data());
  termios mode = {};
  Must(tcgetattr(slave_.get(), &mode) == 0, "tcgetattr");
  cfmakeraw(&mode);
  Must(tcsetattr(slave_.get(), TCSANOW, &mode) == 0, "tcsetattr");
}

bool Terminal::Read() {
  std::array<char, 65536> buffer;
  std::size_t taken = 0;
  while (taken < kMostAtOnce) {
    const ssize_t got = read(master_.get(), buffer.data(), buffer.size());
    if (got <= 0) break;
    taken += static_cast<std::size_t>(got);
    if (!Overflowed()) output_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return taken > 0;
}

void Terminal::Forget() {
  Read();
  output_.clear();
  searched_ = 0;
}

bool Terminal::Overflowed() const { return output_.size() >= kMostOutput; }

bool Terminal::Holds(std::string_view text) {
  if (output_.find(text, searched_) != std::string::npos) return true;
  if (output_.size() >= text.size()) searched_ = output_.size() - text.size() + 1;
  return false;
}

std::size_t Terminal::LongestBeginning(std::string_view text) const {
  // Where a beginning stands, every shorter one does.
  std::size_t stands = 0;
  std::size_t absent = text.size() + 1;
  while (absent - stands > 1) {
    const std::size_t middle = (stands + absent) / 2;
    (output_.find(text.substr(0, middle)) != std::string::npos ? stands : absent) = middle;
  }
  return stands;
}

}  // namespace minitalk
