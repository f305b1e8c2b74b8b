#include "protocols/classic/sender.h"

#include <fmt/format.h>

#include <algorithm>

namespace minitalk::classic {
namespace {

// How often /proc is inspected while a server is slow to take a bit.
constexpr std::chrono::microseconds kInspectionGap{20};

// A server may acknowledge the last bit as well as end the message.
constexpr int kAnswersToLastBit = 2;

void AwaitEnd(Link& link, Signal end) {
  for (int i = 0; i < kAnswersToLastBit && link.ok(); ++i) {
    const auto arrival = link.Wait();
    if (!arrival || arrival->signal == end) return;
  }
  link.Fail(Status::kGarbled);
}

// After a message that nothing else ends, so that the next client's does not run into it.
constexpr std::chrono::milliseconds kSilence{400};

// How long a server may take for an answer that we do not know whether it gives at all.
constexpr std::chrono::milliseconds kAnswer{500};

// Whether eight times SIGUSR1 are an empty message in it.
bool IsEmptyMessage(const Format& format) {
  return format.zero == Signal::kUsr1 && format.layout == Format{}.layout;
}

// All values of what cannot be seen; polarity and framing only if nothing has shown them.
std::vector<Format> Spread(const Format& known, bool empty_message_seen) {
  std::vector<Format> formats;
  for (const std::string_view layout : {"nul", "len32", "len64"}) {
    for (const Signal zero : {Signal::kUsr1, Signal::kUsr2}) {
      for (const Order order : {Order::kMsb, Order::kLsb}) {
        const bool fits = layout == "nul" && zero == Signal::kUsr1;
        if (empty_message_seen && !fits) continue;
        std::string error;
        Format format = known;
        format.layout = *ParseLayout(layout, &error);
        format.zero = zero;
        format.order = order;
        formats.push_back(format);
      }
    }
  }
  return formats;
}

// Those in which there was an empty message last, if none was seen to be printed.
std::vector<Format> Ordered(std::vector<Format> formats, const ProbeResult& result) {
  if (result.printed == false && !result.to_last) {
    std::stable_partition(formats.begin(), formats.end(),
                          [](const Format& format) { return !IsEmptyMessage(format); });
  }
  return formats;
}

}  // namespace

void AwaitTaken(Link& link, const Sending& sending) {
  if (!sending.taken) return;
  const auto end = link.Now() + sending.timeout;
  while (link.ok() && !sending.taken()) {
    if (link.Now() > end) link.Fail(Status::kTimedOut);
    link.Pause(kInspectionGap);
  }
}

Sent SendClassic(Link& link, const Format& format, std::span<const std::byte> message,
                 const Sending& sending) {
  const Encoder bits(format, message, sending.pid);
  const bool answers = format.ack == Ack::kBit;
  const auto pause =
      format.pause.value_or(answers ? std::chrono::microseconds(0) : Format::kUsualPause);
  Sent sent{.bits = 0, .of = bits.size()};
  std::size_t bytes = 0;
  while (sent.bits < sent.of) {
    const Encoder::Item item = bits.At(sent.bits);
    link.Send(item.signal, Lane::kShared);
    const bool last = sent.bits + 1 == sent.of;
    if (last && format.end) {
      AwaitEnd(link, *format.end);
    } else if (AnswerTo(format, item.step)) {
      link.Wait();
      if (answers && pause.count() > 0) link.Pause(pause);
    } else {
      link.Pause(pause);
      AwaitTaken(link, sending);
    }
    if (!link.ok()) break;
    ++sent.bits;
    if (item.step == Step::kByte) ++bytes;
    if (item.step != Step::kBit && sending.progress) {
      sending.progress(std::min(bytes, message.size()));
    }
  }
  if (format.EndsBySilence()) link.Pause(kSilence);
  return sent;
}

ProbeResult ProbeServer(Link& link, const Sending& sending) {
  ProbeResult seen;
  const auto written = [&] { return sending.written ? sending.written() : std::nullopt; };
  const auto first = written();
  auto before_last = first;
  for (std::size_t bit = 1; bit <= kBitsPerByte && link.ok(); ++bit) {
    if (bit == kBitsPerByte) before_last = written();
    link.Send(Signal::kUsr1, Lane::kShared);
    const bool asks = bit == 1 || bit == kBitsPerByte || seen.to_bits;
    const auto answer =
        link.WaitFor(asks ? std::chrono::nanoseconds(kAnswer) : std::chrono::nanoseconds(0));
    if (!answer) AwaitTaken(link, sending);
    if (answer && bit < kBitsPerByte) seen.to_bits = answer->signal;
    if (answer && bit == kBitsPerByte && answer->signal != seen.to_bits)
      seen.to_last = answer->signal;
  }
  // Some acknowledge the last bit and say that the message is over.
  if (seen.to_bits && !seen.to_last) {
    const auto more = link.WaitFor(kAnswer);
    if (more && more->signal != seen.to_bits) seen.to_last = more->signal;
  }
  const auto last = written();
  if (last) seen.printed = last != before_last && before_last == first;
  return seen;
}

std::vector<Format> Candidates(const ProbeResult& result) {
  Format known;
  const bool printed = result.printed.value_or(false);
  if (result.to_bits) {
    known.ack_signal = *result.to_bits;
    known.end = result.to_last;
    return Ordered(Spread(known, result.to_last || printed), result);
  }
  known.ack = result.to_last ? Ack::kByte : Ack::kNone;
  known.ack_signal = result.to_last.value_or(known.ack_signal);
  std::vector<Format> formats = Spread(known, printed);
  if (result.to_last) {
    known = Format{};
    known.ack = Ack::kNone;
    known.end = result.to_last;
    for (const Format& format : Spread(known, true)) formats.push_back(format);
  }
  return Ordered(std::move(formats), result);
}

std::string ToString(const ProbeResult& result) {
  if (result.to_bits && result.to_last) {
    return fmt::format("it answers each bit by {} and the end of an empty message by {}",
                       ToString(*result.to_bits), ToString(*result.to_last));
  }
  if (result.to_bits) return fmt::format("it answers each bit by {}", ToString(*result.to_bits));
  if (result.to_last) {
    return fmt::format("it answers eight bits by {}: each byte, or the end of an empty message",
                       ToString(*result.to_last));
  }
  return "it answers neither a bit nor eight";
}

}  // namespace minitalk::classic
