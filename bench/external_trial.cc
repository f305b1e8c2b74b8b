#include "bench/external_trial.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <system_error>

#include "bench/external_text.h"
#include "bench/foreign.h"
#include "bench/pair.h"
#include "bench/terminal.h"
#include "bench/watch.h"
#include "core/os/process_facts.h"
#include "core/os/signals.h"
#include "core/wire/bits.h"

namespace minitalk {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Neither end does anything for so long: they wait for each other.
constexpr milliseconds kStuck{2000};
// The client has ended, and the server does nothing for so long: that was all.
constexpr milliseconds kSettled{300};
// How long a server may take to print its pid.
constexpr milliseconds kStartPatience{10'000};
constexpr milliseconds kStartTick{5};
constexpr milliseconds kTick{100};
// For the clearing up after the hard limit.
constexpr milliseconds kFarewell{3000};

double NsBetween(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::nano>(end - start).count();
}

// `number` as digits, and no digit beside them.
bool HoldsNumber(std::string_view text, pid_t number) {
  const std::string digits = fmt::format("{}", number);
  const auto is_digit = [&](std::size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  for (auto at = text.find(digits); at != std::string::npos; at = text.find(digits, at + 1)) {
    if (!(at > 0 && is_digit(at - 1)) && !is_digit(at + digits.size())) return true;
  }
  return false;
}

// How it begins, for a line of text.
std::string Excerpt(std::string_view output) {
  constexpr std::size_t kMost = 30;
  if (output.empty()) return "nothing";
  std::string text;
  for (const char c : output.substr(0, kMost)) text += c >= ' ' && c <= '~' ? c : '.';
  return fmt::format("\"{}{}\"", text, output.size() > kMost ? "..." : "");
}

void Tell(Line* line, const std::string& words) {
  if (line->empty()) line->Set(words);
}

// The process that starts both and watches them.
class Repetition {
 public:
  Repetition(Sample& sample, const External& external, const Condition& condition,
             std::uint64_t seed, const TrialLimits& limits, int runner)
      : sample_(sample),
        external_(external),
        limits_(limits),
        runner_(runner),
        seats_(*ChooseSeats(condition.pin)),
        texts_(condition.payload, condition.size_bytes, seed),
        deadline_(Clock::now() + limits.hard) {}

  void Run() {
    while (Wanted() && (server_ || StartServer())) {
      const bool whole = Deliver(texts_.Next(sample_.messages, banner_));
      if (server_->Ended()) break;
      if (!whole) StopServer();
    }
    if (server_) StopServer();
  }

 private:
  // By the clock on the wall: waiting for what is lost lasts longer than the messages.
  bool Wanted() const {
    const auto now = Clock::now();
    return sample_.messages < kMostMessages && now < deadline_ &&
           (!first_ || now - *first_ < limits_.messages);
  }

  bool StartServer() {
    terminal_.Forget();
    server_.emplace(Launch{.command = external_.server,
                           .directory = external_.directory,
                           .cpu = seats_.receiver,
                           .output = terminal_.slave(),
                           .errors = -1});
    Watch watch(terminal_, *server_, nullptr, runner_);
    const auto end = std::min(deadline_, Clock::now() + kStartPatience);
    bool ready = false;
    while (!ready && watch.now() < end && watch.still() < kStuck && !watch.server_is_over()) {
      watch.Step(kStartTick);
      ready = HoldsNumber(terminal_.output(), server_->pid()) && Listens(watch);
    }
    banner_ = terminal_.output();
    server_cpu_before_ns_ = server_->CpuNs();
    if (ready) return true;
    if (!server_->Ended()) {
      Tell(&sample_.receiver_trouble,
           "the server did not print its pid; it printed " + Excerpt(banner_));
    }
    StopServer();
    return false;
  }

  // A signal that comes before the handlers are there would kill it. Who has none waits otherwise.
  bool Listens(const Watch& watch) const {
    const auto facts = InspectProcess(server_->pid());
    return (facts && facts->catches_both) || watch.quiet() >= kSettled;
  }

  void StopServer() {
    const bool by_itself = server_->Ended();
    const Ending ending = server_->End();
    server_.reset();
    sample_.receiver_cpu_ns += std::max(0.0, ending.cpu_ns - server_cpu_before_ns_);
    if (by_itself) Tell(&sample_.receiver_trouble, "the server " + ending.Words());
  }

  // True: the text has appeared and the client has ended.
  bool Deliver(const std::string& text) {
    terminal_.Forget();
    const auto start = Clock::now();
    if (!first_) first_ = start;
    ForeignProgram client({.command = external_.ClientCommand(server_->pid(), text),
                           .directory = external_.directory,
                           .cpu = seats_.sender,
                           .output = -1,
                           .errors = -1});
    Watch watch(terminal_, *server_, &client, runner_);
    std::optional<Clock::time_point> appeared;
    do {
      watch.Step(kTick);
      if (!appeared && terminal_.Holds(text)) appeared = watch.now();
    } while (!IsOver(watch, appeared.has_value()));
    if (!watch.client_ended()) TellOfHang(watch);
    const auto given_up = watch.client_ended() ? watch.last_event() : watch.now();
    sample_.sender_cpu_ns += client.End().cpu_ns;
    Count(text, appeared.has_value(), NsBetween(start, appeared.value_or(given_up)));
    return appeared && watch.client_ended();
  }

  bool IsOver(const Watch& watch, bool appeared) const {
    if (appeared && watch.client_ended()) return true;
    if (watch.now() >= deadline_ || terminal_.Overflowed()) return true;
    if (watch.server_is_over() || watch.still() >= kStuck) return true;
    // A server that never sleeps is never still.
    return watch.client_ended() && (watch.still() >= kSettled || watch.quiet() >= kStuck);
  }

  void TellOfHang(const Watch& watch) {
    if (watch.server_ended()) return;  // no wonder
    const char* why = "did not end within the time limit";
    if (terminal_.Overflowed()) why = "ran while the server wrote without end";
    if (watch.still() >= kStuck) why = "hung: neither end did anything for 2 s";
    Tell(&sample_.sender_trouble, fmt::format("the client {}, and was killed", why));
  }

  void Count(const std::string& text, bool appeared, double elapsed_ns) {
    const std::size_t right =
        appeared ? text.size() : texts_.Believe(terminal_.LongestBeginning(text));
    sample_.measured = true;
    sample_.latency_ns[sample_.messages] = static_cast<float>(elapsed_ns);
    sample_.elapsed_ns += elapsed_ns;
    sample_.bits_sent += text.size() * kBitsPerByte;
    sample_.bits_received += right * kBitsPerByte;
    sample_.correct_bytes += right;
    ++sample_.messages;
    if (!appeared) ++sample_.messages_failed;
  }

  Sample& sample_;
  const External& external_;
  TrialLimits limits_;
  int runner_;  // hangs up when the runner is gone
  Seats seats_;
  ExternalTexts texts_;
  Clock::time_point deadline_;
  std::optional<Clock::time_point> first_;  // when the first message began
  Terminal terminal_;
  std::optional<ForeignProgram> server_;
  std::string banner_;
  double server_cpu_before_ns_ = 0;
};

// In a process of its own, so that all it starts has one parent, which the runner's end cannot
// tear away: it takes no notice of Ctrl-C, but sees the runner die or open the leash.
int Host(Sample& sample, const External& external, const Condition& condition, std::uint64_t seed,
         const TrialLimits& limits, Gate& leash) {
  PrepareSignals("minitalk-trial", {SIGINT, SIGTERM, SIGHUP});
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  try {
    Repetition(sample, external, condition, seed, limits, leash.Watch()).Run();
  } catch (const std::system_error& error) {
    Tell(&sample.sender_trouble, error.what());
  } catch (const RunnerGone&) {
  }
  EndDescendants();
  return EXIT_SUCCESS;
}

}  // namespace

Sample RunExternalTrial(const External& external, const Condition& condition, std::uint64_t seed,
                        const TrialLimits& limits) {
  SharedPage shared;
  Sample& sample = shared->sample;
  sample.floor_before_ns = MeasureFloor(condition, limits);
  {
    Gate leash;
    const Forked host([&] { return Host(sample, external, condition, seed, limits, leash); });
    if (!host.AwaitEnd(limits.hard + kFarewell)) {
      sample.measured = false;
      leash.Open();
      host.AwaitEnd(kFarewell);
    }
  }
  sample.floor_after_ns = MeasureFloor(condition, limits);
  return sample;
}

}  // namespace minitalk
