#include "protocols/classic/sender.h"

#include <algorithm>

namespace minitalk::classic {
namespace {

// How often /proc is looked at while a server is slow to take a bit.
constexpr std::chrono::microseconds kLookAgain{20};

// A server may acknowledge the last bit as well as end the message.
constexpr int kAnswersToLastBit = 2;

void AwaitEnd(Link& link, Signal end) {
  for (int i = 0; i < kAnswersToLastBit && link.ok(); ++i) {
    const auto arrival = link.Wait();
    if (!arrival || arrival->signal == end) return;
  }
  link.Fail(Status::kGarbled);
}

}  // namespace

void AwaitTaken(Link& link, const Sending& sending) {
  if (!sending.taken) return;
  const auto end = link.Now() + sending.timeout;
  while (link.ok() && !sending.taken()) {
    if (link.Now() > end) link.Fail(Status::kTimedOut);
    link.Pause(kLookAgain);
  }
}

Sent SendClassic(Link& link, const Format& format, std::span<const std::byte> message,
                 const Sending& sending) {
  const Encoder bits(format, message);
  Sent sent{.bits = 0, .of = bits.size()};
  while (sent.bits < sent.of) {
    link.Send(bits[sent.bits], Lane::kShared);
    const bool last = sent.bits + 1 == sent.of;
    const bool whole_byte = (sent.bits + 1) % kBitsPerByte == 0;
    if (last && format.end) {
      AwaitEnd(link, *format.end);
    } else if (AnswerTo(format, whole_byte ? Step::kByte : Step::kBit)) {
      link.Wait();
    } else {
      link.Pause(format.pause);
      AwaitTaken(link, sending);
    }
    if (!link.ok()) break;
    ++sent.bits;
    if (whole_byte && sending.progress) {
      sending.progress(std::min(sent.bits / kBitsPerByte, message.size()));
    }
  }
  return sent;
}

}  // namespace minitalk::classic
