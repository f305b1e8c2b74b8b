#include "protocols/classic/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocols/classic/codec.h"
#include "protocols/classic/detect.h"

namespace minitalk::classic {
namespace {

constexpr std::uint64_t kLongestHeader = 8;  // bytes

class KnownReader final : public Reader {
 public:
  KnownReader(const Format& format, std::uint64_t max_bytes)
      : format_(format), decoder_(format, max_bytes) {}

  Outcome OnBit(Signal signal) override {
    const Step step = decoder_.Take(signal);
    Outcome outcome{.answer = AnswerTo(format_, step), .too_long = step == Step::kTooLong};
    if (step == Step::kMessage) {
      const auto& bytes = decoder_.message();
      outcome.messages.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
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
    Outcome outcome{.found = Tell(readings)};
    outcome.messages = std::move(readings.front().messages);
    return NoteMessages(std::move(outcome));
  }

  Format Complete(Format format) const {
    format.ack = ack_.ack();
    format.ack_signal = ack_.ack_signal();
    return format;
  }

  std::string Tell(const std::vector<Reading>& readings) const {
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

std::unique_ptr<Reader> NewReader(const std::optional<Format>& format, std::uint64_t max_bytes) {
  if (format) return std::make_unique<KnownReader>(*format, max_bytes);
  return std::make_unique<DetectingReader>(std::min(max_bytes, kMostDetected));
}

}  // namespace minitalk::classic
