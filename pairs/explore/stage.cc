#include "pairs/explore/stage.h"

#include <fmt/format.h>

#include "pairs/program.h"

namespace minitalk::explore {
namespace {

constexpr int kServer = 0;
constexpr int kClient = 1;
constexpr int kMostSteps = 20'000;

// Whether the call at which a client stands can be noticed by others, or depends on them.
bool Matters(const Process& process) {
  const CallKind kind = KindOf(process.call);
  return process.at == At::kCall && (kind == CallKind::kSend || kind == CallKind::kWait ||
                                     kind == CallKind::kFork || kind == CallKind::kYield);
}

}  // namespace

Stage::Stage(Subject subject) : subject_(std::move(subject)), terminal_(OpenTerminal()) {
  base_ = StartWorld();
  SetCallers(*base_);
  copies_ = base_->CanBeCopied();
  if (copies_) base_->Park();
}

// Alone, the server has no choices, and until it can be heard of neither has the client.
std::unique_ptr<World> Stage::StartWorld() {
  auto world = std::make_unique<World>(subject_.rules);
  const ThirdPartyPair& pair = subject_.pair;
  world->Start({.command = pair.server, .directory = pair.directory}, terminal_.slave.get(),
               subject_.alone() ? "program" : "server");
  if (subject_.alone()) {
    world->RunAlone(kServer, kMostSteps,
                    [](const World& now) { return now.processes()[kServer].at == At::kCall; });
    world->Reset(kServer);
    return world;
  }
  world->RunAlone(kServer, kMostSteps, [](const World& now) {
    return now.NextWriteAnnounces(now.processes()[kServer]);
  });
  const Process& server = world->processes()[kServer];
  if (server.at == At::kGone) {
    throw CannotExplore(
        fmt::format("the server {} before it has printed its pid", DescribeStatus(*server.status)));
  }
  world->Start(
      {.command = pair.ClientCommand(server.pid, subject_.message), .directory = pair.directory},
      terminal_.slave.get(), "client");
  world->RunAlone(kClient, kMostSteps,
                  [](const World& now) { return Matters(now.processes()[kClient]); });
  world->Reset(kServer);
  return world;
}

// Read once of each program, which starts the same way each time.
void Stage::SetCallers(World& world) {
  const auto count = world.processes().size();
  for (std::size_t i = 0; i < count; ++i) {
    if (callers_.size() <= i) {
      callers_.push_back(std::make_shared<Callers>(world.processes()[i].tracee));
    }
    world.SetCallers(static_cast<int>(i), callers_[i]);
  }
}

std::unique_ptr<World> Stage::NewWorld() {
  if (!copies_) {
    auto world = base_ ? std::move(base_) : StartWorld();
    SetCallers(*world);
    return world;
  }
  auto world = std::make_unique<World>(subject_.rules);
  world->CopyFrom(*base_);
  return world;
}

}  // namespace minitalk::explore
