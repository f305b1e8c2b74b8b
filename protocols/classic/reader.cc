#include "protocols/classic/reader.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>

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

constexpr std::uint64_t kLongestHeader = 8;  // bytes

class KnownReader final : public Reader {
 public:
  KnownReader(const Format& format, std::uint64_t max_bytes)
      : format_(format), decoder_(format, max_bytes) {}

  Outcome OnBit(Signal signal) override {
    const Step step = decoder_.Take(signal);
    Outcome outcome{.answer = AnswerTo(format_, step), .too_long = step == Step::kTooLong};
    if (step == Step::kMessage) {
      outcome.messages.emplace_back(View(decoder_.message()));
    }
    return outcome;
  }

  Outcome OnSilence(Takes) override { return {}; }
  bool AwaitsSilence() const override { return false; }
  Outcome OnEnd() override { return {}; }
  bool AtRest() const override { return decoder_.AtRest(); }
  Format format() const override { return format_; }

 private:
  Format format_;
  Decoder decoder_;
};

// Collects bits until the client falls silent or ends, then asks which formats make them text. A
// client that goes on waiting after that may be waiting for a final signal, so it gets one.
class DetectingReader final : public Reader {
 public:
  explicit DetectingReader(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  Outcome OnBit(Signal signal) override {
    heard_ = true;
    endings_left_.clear();
    if (known_) return NoteMessages(known_->OnBit(signal));
    bits_.push_back(signal);
    const bool too_long = bits_.size() > kBitsPerByte * (max_bytes_ + kLongestHeader);
    return {.answer = ack_.OnBit(), .too_long = too_long};
  }

  Outcome OnSilence(Takes takes) override {
    if (AtRest()) return TryEnding(takes);
    if (!known_) {
      const auto answer = ack_.OnSilence(takes.usr1, takes.usr2);
      if (answer) return {.answer = answer};
      Outcome outcome = Read();
      if (!outcome.messages.empty()) return outcome;
    }
    heard_ = false;
    return {};
  }

  bool AwaitsSilence() const override { return heard_; }
  Outcome OnEnd() override { return known_ || AtRest() ? Outcome{} : Read(); }
  bool AtRest() const override { return known_ ? known_->AtRest() : bits_.empty(); }
  Format format() const override { return format_; }

 private:
  // What the bits say, if they say anything. Then the next message begins.
  Outcome Read() {
    auto readings = PlausibleReadings(bits_, max_bytes_);
    if (readings.empty()) return {};
    format_ = Complete(readings.front().format);
    if (readings.size() == 1) known_ = NewReader(format_, max_bytes_);
    bits_.clear();
    Outcome outcome{.found = Report(readings)};
    outcome.messages = std::move(readings.front().messages);
    return NoteMessages(std::move(outcome));
  }

  Format Complete(Format format) const {
    format.ack = ack_.ack();
    format.ack_signal = ack_.ack_signal();
    return format;
  }

  std::string Report(const std::vector<Reading>& readings) const {
    std::string text = fmt::format("speaks {}", format_.ToString());
    if (readings.size() == 1) return text;
    text += Disagree(readings) ? "; that is the likeliest, its bits are text as well in"
                               : "; its bits say the same in";
    for (std::size_t i = 1; i < readings.size(); ++i) {
      text += fmt::format("{} {}", i == 1 ? "" : " and", Complete(readings[i].format).ToString());
    }
    return text;
  }

  Outcome NoteMessages(Outcome outcome) {
    if (outcome.messages.empty()) return outcome;
    // A client that is used to one signal as the acknowledgement can only wait for the other.
    endings_left_ = {Opposite(format_.ack_signal)};
    if (format_.ack == Ack::kNone) endings_left_ = {Signal::kUsr2, Signal::kUsr1};
    return outcome;
  }

  Outcome TryEnding(Takes takes) {
    while (!endings_left_.empty()) {
      const Signal signal = endings_left_.back();
      endings_left_.pop_back();
      if (signal == Signal::kUsr1 ? takes.usr1 : takes.usr2) return {.answer = signal};
    }
    heard_ = false;
    return {};
  }

  std::uint64_t max_bytes_;
  std::vector<Signal> bits_;  // of messages that are not understood yet
  AckFinder ack_;
  Format format_;
  std::unique_ptr<Reader> known_;  // once only one format is left
  std::vector<Signal> endings_left_;
  bool heard_ = false;
};

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

std::unique_ptr<Reader> NewReader(const std::optional<Format>& format, std::uint64_t max_bytes) {
  if (format) return std::make_unique<KnownReader>(*format, max_bytes);
  return std::make_unique<DetectingReader>(std::min(max_bytes, kMostDetected));
}

}  // namespace minitalk::classic
