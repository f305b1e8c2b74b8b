#include "verify/fibre.h"

#include <boost/context/fixedsize_stack.hpp>
#include <cassert>
#include <utility>
#include <vector>

// GCC says it with a macro, clang with a feature.
#if defined(__SANITIZE_ADDRESS__)
#define MINITALK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINITALK_ASAN 1
#endif
#endif

#if defined(MINITALK_ASAN)
#include <sanitizer/common_interface_defs.h>
#endif

namespace minitalk::verify {
namespace {

using boost::context::stack_context;

constexpr std::size_t kStackBytes = std::size_t{256} * 1024;

// Stacks that wait for their next fibre.
class StackPool {
 public:
  ~StackPool() {
    for (stack_context& stack : free_) allocator_.deallocate(stack);
  }
  stack_context Get() {
    if (free_.empty()) return allocator_.allocate();
    const stack_context stack = free_.back();
    free_.pop_back();
    return stack;
  }
  void Put(const stack_context& stack) { free_.push_back(stack); }

 private:
  boost::context::fixedsize_stack allocator_{kStackBytes};
  std::vector<stack_context> free_;
};

StackPool& Pool() {
  static thread_local StackPool pool;
  return pool;
}

#if defined(MINITALK_ASAN)
void StartSwitch(void** fake, const void* bottom, std::size_t bytes) {
  __sanitizer_start_switch_fiber(fake, bottom, bytes);
}
void FinishSwitch(void* fake, const void** bottom, std::size_t* bytes) {
  __sanitizer_finish_switch_fiber(fake, bottom, bytes);
}
#else
void StartSwitch(void**, const void*, std::size_t) {}
void FinishSwitch(void*, const void**, std::size_t*) {}
#endif

}  // namespace

// Boost's name for "where the stack comes from".
class Fibre::Stack {
 public:
  explicit Stack(Fibre* fibre) : fibre_(fibre) {}
  stack_context allocate() {
    const stack_context stack = Pool().Get();
    fibre_->stack_bottom_ = static_cast<const char*>(stack.sp) - stack.size;
    fibre_->stack_bytes_ = stack.size;
    return stack;
  }
  void deallocate(stack_context& stack) { Pool().Put(stack); }

 private:
  Fibre* fibre_;
};

Fibre::Fibre(std::function<void()> body)
    : body_(std::move(body)),
      own_(std::allocator_arg, Stack(this),
           [this](boost::context::fiber&& caller) { return Run(std::move(caller)); }) {}

Fibre::~Fibre() { assert(done_); }

boost::context::fiber Fibre::Run(boost::context::fiber caller) {
  FinishSwitch(nullptr, &caller_bottom_, &caller_bytes_);
  caller_ = std::move(caller);
  body_();
  done_ = true;
  StartSwitch(nullptr, caller_bottom_, caller_bytes_);
  return std::move(caller_);
}

void Fibre::Resume() {
  void* fake = nullptr;
  StartSwitch(&fake, stack_bottom_, stack_bytes_);
  own_ = std::move(own_).resume();
  FinishSwitch(fake, nullptr, nullptr);
}

void Fibre::Yield() {
  void* fake = nullptr;
  StartSwitch(&fake, caller_bottom_, caller_bytes_);
  caller_ = std::move(caller_).resume();
  FinishSwitch(fake, &caller_bottom_, &caller_bytes_);
}

}  // namespace minitalk::verify
