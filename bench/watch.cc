#include "bench/watch.h"

#include <poll.h>

#include <array>

namespace minitalk {
namespace {

// A terminal hands on what was written a moment later.
constexpr std::chrono::milliseconds kUnderWay{100};

}  // namespace

Watch::Watch(Terminal& terminal, const ForeignProgram& server, const ForeignProgram* client,
             int runner)
    : terminal_(terminal),
      server_(server),
      client_(client),
      runner_fd_(runner),
      server_fd_(server.pidfd()),
      client_fd_(client != nullptr ? client->pidfd() : -1),
      now_(Clock::now()),
      last_event_(now_),
      still_since_(now_) {}

void Watch::Step(std::chrono::milliseconds patience) {
  // poll(2) leaves out what is negative.
  std::array<pollfd, 4> entries = {
      pollfd{.fd = terminal_.master(), .events = POLLIN, .revents = 0},
      pollfd{.fd = server_fd_, .events = POLLIN, .revents = 0},
      pollfd{.fd = client_fd_, .events = POLLIN, .revents = 0},
      pollfd{.fd = runner_fd_, .events = POLLIN, .revents = 0},
  };
  const int ready = poll(entries.data(), entries.size(), static_cast<int>(patience.count()));
  if (entries[3].revents != 0) throw RunnerGone();
  terminal_.Read();
  now_ = Clock::now();
  if (entries[1].revents != 0) server_fd_ = -1;
  if (entries[2].revents != 0) client_fd_ = -1;
  if (ready > 0) {
    last_event_ = still_since_ = now_;
  } else {
    LookWhetherStill();
  }
}

bool Watch::server_is_over() const { return server_ended() && quiet() >= kUnderWay; }

// Only asked when nothing else happens, so that the pair is not disturbed.
void Watch::LookWhetherStill() {
  double cpu_ns = server_.CpuNs();
  bool runs = server_.Runs();
  if (client_ != nullptr) {
    cpu_ns += client_->CpuNs();
    runs = runs || client_->Runs();
  }
  if (runs || cpu_ns != cpu_ns_) still_since_ = now_;
  cpu_ns_ = cpu_ns;
}

}  // namespace minitalk
