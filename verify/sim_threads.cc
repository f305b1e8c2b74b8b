#include "verify/sim_threads.h"

#include <fmt/format.h>

#include <cassert>
#include <csignal>

namespace minitalk::verify {
namespace {

constexpr std::uint64_t Encode(const Taker::Reaction& reaction) {
  const std::uint64_t answer = !reaction.answer ? 0 : BitOf(*reaction.answer) ? 2 : 1;
  return answer | (reaction.ends ? 4u : 0u) | static_cast<std::uint64_t>(reaction.status) << 8;
}

}  // namespace

// What the threads share with their process.
struct SimThreads::Run {
  std::size_t count = 0;    // so many take signals
  std::size_t at_work = 0;  // so many have taken one and are not done with it
  Taker* taker = nullptr;
  bool ended = false;
  Status status = Status::kOk;
};

SimThreads::SimThreads(Link& link, World* world, Process& self, Pid peer, bool check_sender,
                       Setup setup)
    : link_(link),
      world_(world),
      self_(self),
      peer_(peer),
      check_sender_(check_sender),
      setup_(setup),
      run_(std::make_shared<Run>()) {}

SimThreads::~SimThreads() { run_->count = 0; }

void SimThreads::Send(ThreadId thread, Signal signal) {
  if (link_.ok()) self_.Send(thread, {signal, Lane::kPrivate, {.code = SI_TKILL}});
}

void SimThreads::Add() {
  const auto number = ids_.size();
  const auto body = [run = run_, number, peer = peer_, check = check_sender_](Process& self) {
    for (;;) {
      const Waited waited = self.Wait(Link::kUntilTimeout, 0);
      if (!waited.signal || (check && waited.signal->info.sender != peer)) continue;
      ++run->at_work;
      Taker::Reaction reaction;
      self.Do("counts it", [&] {
        reaction = run->taker->Take(number, waited.signal->signal);
        return Encode(reaction);
      });
      if (reaction.answer) self.Send(peer, {*reaction.answer, Lane::kShared, {.code = SI_USER}});
      if (reaction.ends || reaction.status != Status::kOk) {
        run->ended = true;
        run->status = reaction.status;
      }
      --run->at_work;
    }
  };
  const auto open = [run = run_, number] { return number < run->count; };
  const auto name = fmt::format("thread {}", number + 1);
  ids_.push_back(world_->AddThread(name, body, self_, open).pid());
}

std::span<const ThreadId> SimThreads::Make(std::size_t count) {
  const std::size_t granted = world_ == nullptr ? 0 : std::min(count, setup_.most);
  if (ids_.size() < granted) {
    self_.Do("makes threads", [&] {
      while (ids_.size() < granted) Add();
      return ids_.size();
    });
  }
  return ids_;
}

void SimThreads::Serve(std::size_t count, Taker& taker) {
  assert(count <= ids_.size());
  const auto peer_is_gone = [this] { return !world_->process(peer_).alive(); };
  self_.Do("starts its threads", [&] {
    *run_ = {.count = count, .taker = &taker};
    return count;
  });
  self_.Until([&] { return run_->ended || peer_is_gone(); });
  const bool ended = self_.Do("stops its threads", [&] {
    run_->count = 0;
    return run_->ended ? 1u : 0u;
  }) != 0;
  self_.Until([this] { return run_->at_work == 0; });
  link_.Fail(ended ? run_->status : Status::kPeerDied);
}

}  // namespace minitalk::verify
