#include "bench/carriers/carrier.h"

#include <algorithm>

namespace minitalk {
namespace {

End Opposite(End end) {
  if (end == End::kNeither) return end;
  return end == End::kSender ? End::kReceiver : End::kSender;
}

}  // namespace

std::vector<WaitMode> ModesOf(const CarrierInfo& info) {
  std::vector<WaitMode> modes;
  if (info.sleeps) modes.push_back(WaitMode::kSleep);
  if (info.spins) modes.push_back(WaitMode::kSpin);
  return modes;
}

Carrier::Carrier(const CarrierInfo& info) : info_(info), there_(info.make()), back_(info.make()) {}

void Carrier::Become(End end, WaitMode wait) {
  const std::vector<WaitMode> modes = ModesOf(info_);
  if (std::ranges::find(modes, wait) == modes.end()) wait = modes.front();
  there_->Become(end, wait);
  back_->Become(Opposite(end), wait);
}

std::optional<std::byte> Carrier::AwaitReply() {
  std::byte verdict{};
  if (!back_->Read({&verdict, 1})) return std::nullopt;
  return verdict;
}

}  // namespace minitalk
