// A function that runs on a stack of its own and can stop in the middle: an actor of the simulated
// world. Built on Boost.Context; the stacks are kept for the next fibre, because the explorer
// starts millions.
#pragma once

#include <boost/context/fiber.hpp>
#include <functional>

namespace minitalk::verify {

// Not thread-safe; a fibre stays on the thread that made it.
class Fibre {
 public:
  // `body` starts with the first Resume(). It must have ended before the fibre is destroyed.
  explicit Fibre(std::function<void()> body);
  ~Fibre();
  Fibre(const Fibre&) = delete;
  Fibre& operator=(const Fibre&) = delete;

  // Runs the body up to its next Yield() or its end. REQUIRES: !done(), and not inside a fibre.
  void Resume();
  // Called by the body: back to whoever resumed it.
  void Yield();
  bool done() const { return done_; }

 private:
  class Stack;
  boost::context::fiber Run(boost::context::fiber caller);

  std::function<void()> body_;
  // For AddressSanitizer, which has to be told of every change of stacks. Before `own_`, whose
  // construction sets the first two.
  const void* stack_bottom_ = nullptr;
  std::size_t stack_bytes_ = 0;
  const void* caller_bottom_ = nullptr;
  std::size_t caller_bytes_ = 0;
  boost::context::fiber own_;
  boost::context::fiber caller_;
  bool done_ = false;
};

}  // namespace minitalk::verify
