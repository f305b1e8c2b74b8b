#include "core/os/thread_pool.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <ctime>
#include <utility>

#include "core/os/signals.h"

namespace minitalk {
namespace {

// A lane thread calls a handful of small functions. Only what is touched costs memory.
constexpr std::size_t kStackBytes = 64 * 1024;

pid_t OwnThreadId() { return static_cast<pid_t>(syscall(SYS_gettid)); }

// Its attributes: a small stack without a guard page, every signal blocked, so that what is meant
// for the process finds the owner.
class Attributes {
 public:
  Attributes() {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, std::max<std::size_t>(kStackBytes, PTHREAD_STACK_MIN));
    pthread_attr_setguardsize(&attributes_, 0);
    sigset_t all;
    sigfillset(&all);
    pthread_attr_setsigmask_np(&attributes_, &all);
  }
  ~Attributes() { pthread_attr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const pthread_attr_t* get() const { return &attributes_; }

 private:
  pthread_attr_t attributes_{};
};

}  // namespace

struct ThreadPool::Lane {
  ThreadPool* pool;
  std::size_t number;
  pthread_t handle = {};
  pid_t id = 0;
  std::atomic<unsigned> seen = UINT_MAX;  // the last command that it has followed
};

ThreadPool::ThreadPool() : pid_(getpid()), owner_(OwnThreadId()), keep_(SIZE_MAX) {}

ThreadPool::~ThreadPool() { Shrink(0); }

void* ThreadPool::Run(void* lane) {
  auto& self = *static_cast<Lane*>(lane);
  self.pool->Serve(self);
  return nullptr;
}

void ThreadPool::Serve(Lane& lane) {
  static const sigset_t kParked = SetOf({SIGURG});
  static const sigset_t kServing = SetOf({SIGUSR1, SIGUSR2, SIGURG});
  // A batch thread does not interrupt whoever wakes it: a round is sent whole, then taken whole.
  const sched_param no_priority = {};
  sched_setscheduler(0, SCHED_BATCH, &no_priority);
  lane.id = OwnThreadId();
  while (lane.number < keep_) {
    const unsigned command = command_;
    const bool serves = command % 2 == 1 && lane.number < serving_;
    lane.seen = command;
    siginfo_t info = {};
    const int number = Dequeue(serves ? kServing : kParked, &info, nullptr);
    if (number == SIGUSR1 || number == SIGUSR2) on_signal_(lane.number, number, info);
  }
}

bool ThreadPool::Make() {
  static const Attributes kAttributes;
  auto lane = std::make_unique<Lane>();
  lane->pool = this;
  lane->number = lanes_.size();
  if (pthread_create(&lane->handle, kAttributes.get(), &ThreadPool::Run, lane.get()) != 0) {
    return false;
  }
  lanes_.push_back(std::move(lane));
  return true;
}

void ThreadPool::Grow(std::size_t count) {
  if (lanes_.size() >= count) return;
  const std::size_t before = lanes_.size();
  bool refused = false;
  while (lanes_.size() < count && !refused) refused = !Make();
  AwaitSeen(before, lanes_.size());
  if (refused) Shrink(std::max(before, lanes_.size() / 2));
  ids_.clear();
  for (const auto& lane : lanes_) ids_.push_back(lane->id);
}

void ThreadPool::Shrink(std::size_t count) {
  keep_ = count;
  Wake(count, lanes_.size());
  for (; lanes_.size() > count; lanes_.pop_back()) pthread_join(lanes_.back()->handle, nullptr);
  keep_ = SIZE_MAX;
}

void ThreadPool::Start(std::size_t count, OnSignal on_signal) {
  assert(count <= lanes_.size());
  on_signal_ = std::move(on_signal);
  serving_ = count;
  ++command_;
  Wake(0, count);
}

void ThreadPool::Stop() {
  ++command_;
  Wake(0, serving_);
  AwaitSeen(0, serving_);
}

// The signal stays pending until it is taken, so a thread that is about to sleep is woken as well.
void ThreadPool::Wake(std::size_t first, std::size_t end) const {
  for (std::size_t i = first; i < end; ++i) syscall(SYS_tgkill, pid_, lanes_[i]->id, SIGURG);
}

void ThreadPool::WakeOwner() const { syscall(SYS_tgkill, pid_, owner_, SIGALRM); }

// They are ready to run, most of them on this CPU.
void ThreadPool::AwaitSeen(std::size_t first, std::size_t end) const {
  constexpr int kYields = 1000;  // then there is no other CPU time to be had for them
  constexpr timespec kNap = {.tv_sec = 0, .tv_nsec = 200'000};
  int tries = 0;
  for (std::size_t i = first; i < end;) {
    if (lanes_[i]->seen == command_) {
      ++i;
    } else if (++tries < kYields) {
      sched_yield();
    } else {
      clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
    }
  }
}

}  // namespace minitalk
