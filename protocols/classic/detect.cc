#include "protocols/classic/detect.h"

#include <utf8.h>

#include <algorithm>

#include "core/wire/bits.h"
#include "protocols/classic/codec.h"

namespace minitalk::classic {
namespace {

bool IsTextPoint(char32_t point) {
  if (point == '\t' || point == '\n' || point == '\r') return true;
  return point >= 0x20 && (point < 0x7f || point > 0x9f);
}

std::string_view View(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Reading> ReadIn(const Format& format, const std::vector<Signal>& bits,
                              std::uint64_t max_bytes) {
  Decoder decoder(format, max_bytes);
  Reading reading{.format = format, .messages = {}};
  for (const Signal bit : bits) {
    const Step step = decoder.Take(bit);
    if (step == Step::kTooLong) return std::nullopt;
    if (step != Step::kMessage) continue;
    if (!IsText(View(decoder.message()))) return std::nullopt;
    reading.messages.emplace_back(View(decoder.message()));
  }
  const bool whole = decoder.AtRest() && !reading.messages.empty();
  return whole ? std::optional(std::move(reading)) : std::nullopt;
}

std::ptrdiff_t SmallLettersAndBlanks(const Reading& reading) {
  std::ptrdiff_t count = 0;
  for (const std::string& message : reading.messages) {
    count += std::count_if(message.begin(), message.end(),
                           [](char c) { return c == ' ' || (c >= 'a' && c <= 'z'); });
  }
  return count;
}

bool Shorter(const Reading& a, const Reading& b) { return a.messages.size() < b.messages.size(); }

bool Likelier(const Reading& a, const Reading& b) {
  return SmallLettersAndBlanks(a) > SmallLettersAndBlanks(b);
}

}  // namespace

bool IsText(std::string_view bytes) {
  try {
    for (auto at = bytes.begin(); at != bytes.end();) {
      if (!IsTextPoint(utf8::next(at, bytes.end()))) return false;
    }
  } catch (const utf8::exception&) {
    return false;
  }
  return true;
}

std::vector<Reading> PlausibleReadings(const std::vector<Signal>& bits, std::uint64_t max_bytes) {
  std::vector<Reading> readings;
  for (const Order order : {Order::kMsb, Order::kLsb}) {
    for (const Signal zero : {Signal::kUsr1, Signal::kUsr2}) {
      for (const Framing framing : {Framing::kNul, Framing::kLength32, Framing::kLength64}) {
        Format format;
        format.order = order;
        format.zero = zero;
        format.framing = framing;
        if (auto reading = ReadIn(format, bits, max_bytes)) readings.push_back(std::move(*reading));
      }
    }
  }
  const auto fewest = std::min_element(readings.begin(), readings.end(), Shorter);
  if (fewest == readings.end()) return {};
  const std::size_t messages = fewest->messages.size();
  std::erase_if(readings, [=](const Reading& r) { return r.messages.size() > messages; });
  std::stable_sort(readings.begin(), readings.end(), Likelier);
  return readings;
}

bool Disagree(const std::vector<Reading>& readings) {
  return std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) {
    return reading.messages != readings.front().messages;
  });
}

std::optional<Signal> AckFinder::OnBit() {
  ++bits_;
  if (!ack_ && bits_ == 2 && answered_) ack_ = Ack::kBit;
  if (!ack_ && bits_ == kBitsPerByte + 1) ack_ = answered_ ? Ack::kByte : Ack::kNone;
  const bool due = ack_ == Ack::kBit || (ack_ == Ack::kByte && bits_ % kBitsPerByte == 0);
  return due ? std::optional(signal_) : std::nullopt;
}

std::optional<Signal> AckFinder::OnSilence(bool takes_usr1, bool takes_usr2) {
  if (ack_ || (bits_ != 1 && bits_ != kBitsPerByte)) return std::nullopt;
  for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
    const int place = signal == Signal::kUsr1 ? 0 : 1;
    const bool takes = signal == Signal::kUsr1 ? takes_usr1 : takes_usr2;
    if (tried_ > place) continue;
    tried_ = place + 1;
    if (!takes) continue;
    signal_ = signal;
    answered_ = true;
    return signal;
  }
  return std::nullopt;
}

}  // namespace minitalk::classic
