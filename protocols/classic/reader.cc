#include "protocols/classic/reader.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <utility>

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

// What is tried in detection, the usual first.
constexpr std::string_view kLayouts[] = {"nul",
                                         "len32",
                                         "len64",
                                         "len32:n+text+nul",
                                         "len64:n+text+nul",
                                         "len32+text+nul",
                                         "len64+text+nul",
                                         "len32:le",
                                         "len32:be",
                                         "len64:le",
                                         "len64:be",
                                         "lendec",
                                         "lendec+text+nul",
                                         "bit0+len32",
                                         "bit1+len32",
                                         "pid32+text+nul",
                                         "piddec+text+nul",
                                         "sum8+text+nul"};

// Shorter texts without an end, or behind a sum of eight bits, are found by chance.
constexpr std::size_t kLeastBytes = 3;

std::size_t TextBytes(const Reading& reading) {
  std::size_t bytes = 0;
  for (const std::string& message : reading.messages) bytes += message.size();
  return bytes;
}

std::optional<Reading> ReadIn(const Format& format, const std::vector<Signal>& bits,
                              std::uint64_t max_bytes, std::uint64_t pid) {
  Decoder decoder(format, max_bytes, pid);
  Reading reading{.format = format, .messages = {}};
  for (const Signal bit : bits) {
    const Step step = decoder.Take(bit);
    if (step == Step::kTooLong || step == Step::kBad) return std::nullopt;
    if (step != Step::kMessage) continue;
    if (!IsText(View(decoder.message()))) return std::nullopt;
    reading.messages.emplace_back(View(decoder.message()));
  }
  if (format.EndsBySilence() && decoder.EndsHere()) {
    const std::string_view text = View(decoder.message());
    if (!IsText(text)) return std::nullopt;
    reading.messages.emplace_back(text);
  }
  const bool weak = format.EndsBySilence() || format.layout[0].kind == Field::Kind::kSum;
  if (weak && TextBytes(reading) < kLeastBytes) return std::nullopt;
  const bool whole = decoder.AtRest() && !reading.messages.empty();
  const auto empty = std::count(reading.messages.begin(), reading.messages.end(), "");
  return whole && empty <= 1 ? std::optional(std::move(reading)) : std::nullopt;
}

// Those that are tried, without any greeting and mark or with one.
std::vector<Format> Detectable(const Greeting* hello, const Signal* mark, bool knows_pid,
                               bool silent) {
  std::vector<Format> formats;
  const auto add = [&](Order order, Signal zero, std::string_view layout) {
    std::string error;
    Format format{.order = order, .zero = zero, .layout = *ParseLayout(layout, &error)};
    const Field& first = format.layout[0];
    // Written with as few words as possible.
    const auto usual = order == Order::kMsb ? Field::ByteOrder::kBig : Field::ByteOrder::kLittle;
    if (first.bytes == usual || (first.kind == Field::Kind::kPid && !knows_pid)) return;
    if (hello != nullptr) format.hello = *hello;
    if (mark != nullptr) format.mark = *mark;
    formats.push_back(format);
  };
  for (const Order order : {Order::kMsb, Order::kLsb}) {
    for (const Signal zero : {Signal::kUsr1, Signal::kUsr2}) {
      for (const std::string_view layout : kLayouts) add(order, zero, layout);
      if (silent) add(order, zero, "silence");
    }
  }
  return formats;
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
  const auto bytes_a = TextBytes(a);
  const auto bytes_b = TextBytes(b);
  return bytes_a != bytes_b ? bytes_a < bytes_b
                            : SmallLettersAndBlanks(a) > SmallLettersAndBlanks(b);
}

constexpr std::uint64_t kLongestHeader = 8;  // bytes

class KnownReader final : public Reader {
 public:
  KnownReader(const Format& format, std::uint64_t max_bytes, std::uint64_t pid)
      : format_(format), decoder_(format, max_bytes, pid) {}

  Outcome OnBit(Signal signal) override {
    const Step step = decoder_.Take(signal);
    Outcome outcome{.answer = AnswerTo(format_, step),
                    .too_long = step == Step::kTooLong,
                    .bad = step == Step::kBad};
    if (step == Step::kMessage) outcome.messages.emplace_back(View(decoder_.message()));
    return outcome;
  }

  Outcome OnSilence(Takes) override { return OnEnd(); }
  bool AwaitsSilence() const override { return format_.EndsBySilence() && !AtRest(); }
  Outcome OnEnd() override {
    Outcome outcome;
    if (decoder_.EndsHere()) outcome.messages.emplace_back(View(decoder_.message()));
    return outcome;
  }
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
  DetectingReader(std::uint64_t max_bytes, std::uint64_t pid) : max_bytes_(max_bytes), pid_(pid) {}

  Outcome OnBit(Signal signal) override {
    heard_ = true;
    endings_left_.clear();
    if (known_) return NoteMessages(known_->OnBit(signal));
    bits_.push_back(signal);
    const bool too_long = bits_.size() > kBitsPerByte * (max_bytes_ + kLongestHeader);
    const auto answer = ack_.OnBit();
    if (ack_.has_to_wait()) format_.delay = kDelay;
    return {.answer = answer, .too_long = too_long};
  }

  Outcome OnSilence(Takes takes) override {
    if (AtRest()) return TryEnding(takes);
    if (known_) return Quiet(NoteMessages(known_->OnSilence(takes)));
    if (const auto answer = ack_.OnSilence(takes.usr1, takes.usr2)) return {.answer = answer};
    Outcome outcome = Read(false);
    if (!outcome.messages.empty() || !outcome.found.empty()) return outcome;
    if (const auto answer = ack_.OnStall(takes.usr1, takes.usr2)) return {.answer = answer};
    return Quiet(Read(true));
  }

  bool AwaitsSilence() const override { return heard_; }
  Outcome OnEnd() override {
    if (known_) return known_->OnEnd();
    return AtRest() ? Outcome{} : Read(false);
  }
  bool AtRest() const override { return known_ ? known_->AtRest() : bits_.empty(); }
  Format format() const override { return format_; }

 private:
  // How long an answer is put off that had come too early.
  static constexpr std::chrono::milliseconds kDelay{5};

  // Nothing more to be tried unless there is something new.
  Outcome Quiet(Outcome outcome) {
    heard_ = !outcome.messages.empty();
    return outcome;
  }

  // What the bits say, if they say anything that is clear. Then the next message begins.
  Outcome Read(bool silent) {
    auto readings = PlausibleReadings(bits_, max_bytes_, pid_, silent);
    if (readings.empty()) return {};
    if (!IsClear(readings)) {
      const bool reported = std::exchange(unclear_, bits_.size()) == bits_.size();
      return {.found = reported ? "" : Unclear(readings)};
    }
    format_ = Complete(readings.front().format);
    if (readings.size() == 1) known_ = NewReader(format_, max_bytes_, pid_);
    bits_.clear();
    Outcome outcome{.found = Report(readings)};
    outcome.messages = std::move(readings.front().messages);
    return NoteMessages(std::move(outcome));
  }

  Format Complete(Format format) const {
    format.ack = ack_.ack();
    format.ack_signal = ack_.ack_signal();
    if (format.hello) format.hello->answer = ack_.first_answer();
    if (ack_.has_to_wait()) format.delay = kDelay;
    return format;
  }

  std::string Unclear(const std::vector<Reading>& readings) const {
    return fmt::format(
        "cannot be told: its bits are text in {} as well as in {}; nothing is printed",
        Complete(readings[0].format).ToString(), Complete(readings[1].format).ToString());
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
  std::uint64_t pid_;
  std::size_t unclear_ = 0;   // how many bits were reported to be
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

std::vector<Reading> PlausibleReadings(const std::vector<Signal>& bits, std::uint64_t max_bytes,
                                       std::uint64_t pid, bool silent) {
  std::vector<Reading> readings;
  const auto add = [&](const Greeting* hello, const Signal* mark) {
    for (const Format& format : Detectable(hello, mark, pid != 0, silent)) {
      auto reading = ReadIn(format, bits, max_bytes, pid);
      if (reading) readings.push_back(std::move(*reading));
    }
  };
  add(nullptr, nullptr);
  for (const Signal signal : {Signal::kUsr1, Signal::kUsr2}) {
    const Greeting hello{.sent = signal};
    add(&hello, nullptr);
    add(nullptr, &signal);
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

bool IsClear(const std::vector<Reading>& readings) {
  if (!Disagree(readings)) return true;
  // A checksum of one byte fits by chance as well.
  const std::size_t more = TextBytes(readings[1]) - TextBytes(readings[0]);
  return more > 1 || (more == 0 && Likelier(readings[0], readings[1]));
}

std::optional<Signal> AckFinder::OnBit() {
  ++bits_;
  if (stalls_ == 1) late_ = true;
  if (stalls_ == 2) {
    first_ = signal_;
    signal_ = Opposite(signal_);
  }
  stalls_ = 0;
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

std::optional<Signal> AckFinder::OnStall(bool takes_usr1, bool takes_usr2) {
  const bool due = ack_ == Ack::kBit || (ack_ == Ack::kByte && bits_ % kBitsPerByte == 0);
  if (!due || stalls_ == 2) return std::nullopt;
  // The other one only to the first bit after a greeting.
  if (stalls_ == 1 && bits_ != 2) return std::nullopt;
  ++stalls_;
  const Signal signal = stalls_ == 1 ? signal_ : Opposite(signal_);
  const bool takes = signal == Signal::kUsr1 ? takes_usr1 : takes_usr2;
  return takes ? std::optional(signal) : std::nullopt;
}

std::unique_ptr<Reader> NewReader(const std::optional<Format>& format, std::uint64_t max_bytes,
                                  std::uint64_t pid) {
  if (format) return std::make_unique<KnownReader>(*format, max_bytes, pid);
  return std::make_unique<DetectingReader>(std::min(max_bytes, kMostDetected), pid);
}

}  // namespace minitalk::classic
