#include "protocols/classic/codec.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <string>
#include <utility>

#include "core/wire/text.h"

namespace minitalk::classic {
namespace {

using Kind = Field::Kind;

// Which bit of the byte is sent as its `index`th.
std::byte Mask(Order order, std::size_t index) {
  return std::byte{1} << (order == Order::kMsb ? kBitsPerByte - 1 - index : index);
}

// By how much a number's `index`th byte on its way is shifted in it.
std::size_t Shift(Order order, const Field& field, std::size_t index) {
  const bool big = field.bytes == Field::ByteOrder::kAsBits ? order == Order::kMsb
                                                            : field.bytes == Field::ByteOrder::kBig;
  return big ? field.width - kBitsPerByte * (index + 1) : kBitsPerByte * index;
}

std::uint64_t Cut(std::uint64_t number, std::uint8_t width) {
  return width == 0 || width == 64 ? number : number & ((std::uint64_t{1} << width) - 1);
}

// The number that a field has for a message.
std::uint64_t NumberFor(const Field& field, std::span<const std::byte> message, std::uint64_t pid) {
  std::uint64_t number = field.kind == Kind::kPid ? pid : 0;
  if (field.kind == Kind::kLength) number = message.size() + (field.counts_nul ? 1 : 0);
  if (field.kind == Kind::kSum || field.kind == Kind::kXor) {
    for (const std::byte byte : message) {
      const auto value = std::to_integer<std::uint64_t>(byte);
      number = field.kind == Kind::kSum ? number + value : number ^ value;
    }
  }
  return Cut(number, field.width);
}

const Field* Find(const Format& format, std::initializer_list<Kind> kinds) {
  for (const Field& field : format.layout) {
    if (std::find(kinds.begin(), kinds.end(), field.kind) != kinds.end()) return &field;
  }
  return nullptr;
}

constexpr std::size_t kMostDigits = 19;  // that always fit into 64 bits

}  // namespace

std::optional<std::string> WhyNot(const Format& format, std::span<const std::byte> message) {
  const Field* length = Find(format, {Kind::kLength});
  const bool has_zero = std::find(message.begin(), message.end(), std::byte{0}) != message.end();
  if (length == nullptr && !format.EndsBySilence() && has_zero) {
    return "the message contains a zero byte, which would end it; use len32 if the server does";
  }
  if (length != nullptr && length->width > 0) {
    const std::uint64_t size = message.size() + (length->counts_nul ? 1 : 0);
    if (Cut(size, length->width) != size) return "the message is too long for its length";
  }
  if (format.EndsBySilence() && message.empty()) return "nothing would be sent of an empty message";
  return std::nullopt;
}

// ---- Encoder

Encoder::Encoder(const Format& format, std::span<const std::byte> message, std::uint64_t pid)
    : format_(format), message_(message), per_byte_(kBitsPerByte + (format.mark ? 1 : 0)) {
  assert(!WhyNot(format, message));
  if (format.hello) before_.push_back({format.hello->sent, Step::kGreeting});
  std::vector<Item>* items = &before_;
  for (const Field& field : format.layout) {
    if (field.kind == Kind::kText) {
      items = &after_;
    } else {
      Put(field, pid, items);
    }
  }
  if (!after_.empty()) {
    after_.back().step = Step::kMessage;
  } else if (message.empty() && !before_.empty()) {
    before_.back().step = Step::kMessage;
  }
}

void Encoder::Put(const Field& field, std::uint64_t pid, std::vector<Item>* items) const {
  const auto put_byte = [&](std::byte byte) {
    for (std::size_t i = 0; i < per_byte_; ++i) items->push_back(InByte(byte, i));
  };
  if (field.kind == Kind::kBit) {
    items->push_back({field.width != 0 ? Opposite(format_.zero) : format_.zero, Step::kBit});
    return;
  }
  if (field.kind == Kind::kNul) return put_byte(std::byte{0});
  if (field.kind == Kind::kSilence) return;
  const std::uint64_t number = NumberFor(field, message_, pid);
  if (field.width == 0) {
    for (const char digit : std::to_string(number)) put_byte(static_cast<std::byte>(digit));
    return put_byte(std::byte{0});
  }
  for (std::size_t i = 0; i < field.width / kBitsPerByte; ++i) {
    put_byte(static_cast<std::byte>(number >> Shift(format_.order, field, i)));
  }
}

Encoder::Item Encoder::InByte(std::byte byte, std::size_t index) const {
  const Step step = index + 1 == per_byte_ ? Step::kByte : Step::kBit;
  if (index == kBitsPerByte) return {*format_.mark, step};
  const bool one = (byte & Mask(format_.order, index)) != std::byte{0};
  return {one ? Opposite(format_.zero) : format_.zero, step};
}

Encoder::Item Encoder::At(std::size_t index) const {
  assert(index < size());
  if (index < before_.size()) return before_[index];
  index -= before_.size();
  const std::size_t text = message_.size() * per_byte_;
  if (index >= text) return after_[index - text];
  Item item = InByte(message_[index / per_byte_], index % per_byte_);
  const bool last = index + 1 == text && after_.empty() && !format_.EndsBySilence();
  if (last) item.step = Step::kMessage;
  return item;
}

// ---- Decoder

Decoder::Decoder(const Format& format, std::uint64_t max_bytes, std::uint64_t pid)
    : format_(format), max_bytes_(max_bytes), pid_(pid) {}

Step Decoder::Take(Signal signal) {
  if (failed_) return *failed_;
  if (finished_) {
    message_.clear();
    finished_ = false;
  }
  ++signals_;
  const Step step = Follow(signal);
  if (step == Step::kTooLong || step == Step::kBad) failed_ = step;
  return step;
}

Step Decoder::Follow(Signal signal) {
  if (signals_ == 1 && format_.hello) {
    return signal == format_.hello->sent ? Step::kGreeting : Step::kBad;
  }
  if (bits_ == kBitsPerByte) {  // only the mark is missing
    return signal == *format_.mark ? TakeByte(byte_) : Step::kBad;
  }
  const bool one = signal != format_.zero;
  const Field& field = format_.layout[field_];
  if (field.kind == Kind::kBit) {
    if (one != (field.width != 0)) return Step::kBad;
    const Step step = EndField();
    return step == Step::kByte ? Step::kBit : step;
  }
  if (one) byte_ |= Mask(format_.order, bits_);
  if (++bits_ < kBitsPerByte || format_.mark) return Step::kBit;
  return TakeByte(byte_);
}

Step Decoder::TakeByte(std::byte byte) {
  byte_ = {};
  bits_ = 0;
  const Field& field = format_.layout[field_];
  if (field.kind == Kind::kText) return TakeTextByte(byte);
  if (field.kind == Kind::kNul) return byte == std::byte{0} ? EndField() : Step::kBad;
  return TakeNumberByte(field, byte);
}

Step Decoder::TakeNumberByte(const Field& field, std::byte byte) {
  const auto value = std::to_integer<std::uint64_t>(byte);
  if (field.width > 0) {
    number_ |= value << Shift(format_.order, field, bytes_);
    return ++bytes_ < field.width / kBitsPerByte ? Step::kByte : EndNumber(field);
  }
  if (value == 0 && bytes_ > 0) return EndNumber(field);
  if (value < '0' || value > '9' || bytes_ == kMostDigits) return Step::kBad;
  number_ = number_ * 10 + (value - '0');
  ++bytes_;
  return Step::kByte;
}

Step Decoder::EndNumber(const Field& field) {
  if (field.kind == Kind::kPid && pid_ != 0 && number_ != Cut(pid_, field.width)) return Step::kBad;
  if (field.kind == Kind::kSum || field.kind == Kind::kXor) check_ = number_;
  if (field.kind == Kind::kLength) {
    if (field.counts_nul && number_ == 0) return Step::kBad;
    length_ = number_ - (field.counts_nul ? 1 : 0);
    if (*length_ > max_bytes_) return Step::kTooLong;
  }
  return EndField();
}

Step Decoder::TakeTextByte(std::byte byte) {
  if (!length_) {
    if (byte == std::byte{0} && !format_.EndsBySilence()) {
      ++field_;  // it is the nul
      return EndField();
    }
    if (message_.size() == max_bytes_) return Step::kTooLong;
  }
  message_.push_back(byte);
  return length_ && message_.size() == *length_ ? EndField() : Step::kByte;
}

// On to the next one, or to the end. A text of a known length zero has no byte that could end it.
Step Decoder::EndField() {
  number_ = 0;
  bytes_ = 0;
  if (++field_ == format_.layout.size()) return Finish();
  const bool no_text = format_.layout[field_].kind == Kind::kText && length_ == 0;
  return no_text ? EndField() : Step::kByte;
}

bool Decoder::ChecksOut() const {
  const Field* field = Find(format_, {Kind::kSum, Kind::kXor});
  return field == nullptr || check_ == NumberFor(*field, message_, 0);
}

Step Decoder::Finish() {
  if (!ChecksOut()) return Step::kBad;
  signals_ = 0;
  field_ = 0;
  length_.reset();
  check_.reset();
  finished_ = true;
  return Step::kMessage;
}

bool Decoder::EndsHere() {
  const bool here = format_.EndsBySilence() && !finished_ && !message_.empty() && bits_ == 0;
  return here && !failed_ && Finish() == Step::kMessage;
}

std::optional<Signal> AnswerTo(const Format& format, Step step) {
  if (step == Step::kTooLong || step == Step::kBad) return std::nullopt;
  if (step == Step::kGreeting) return format.hello->answer;
  if (step == Step::kMessage && format.silent_end) return std::nullopt;
  if (step == Step::kMessage && format.end) return format.end;
  const bool due = format.ack == Ack::kBit || (format.ack == Ack::kByte && step != Step::kBit);
  return due ? std::optional(format.ack_signal) : std::nullopt;
}

}  // namespace minitalk::classic
