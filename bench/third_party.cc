#include "bench/third_party.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <system_error>

#include "bench/carriers/registry.h"
#include "bench/pair.h"
#include "core/endpoint/output.h"
#include "core/os/log.h"
#include "core/wire/bits.h"
#include "pairs/supervision.h"
#include "pairs/supervisor.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

// How long a server may take to print its pid.
constexpr milliseconds kStartTimeout{10'000};
constexpr std::chrono::minutes kBuildTimeout{10};
// For the clearing up after the hard limit.
constexpr milliseconds kClearUpTimeout{3000};
// Fewer bytes of a message's beginning stand in any output.
constexpr std::size_t kFewestBytes = 4;

// Valid UTF-8 without a zero byte, of that size. A single byte is one that programs seldom print of
// themselves.
std::string MakeMessage(const Condition& condition, std::uint64_t seed) {
  constexpr std::string_view kRare = "QZXJqzxjKWVYkwvy";
  if (condition.size_bytes == 1) return {kRare[seed % kRare.size()]};
  std::string text;
  for (const std::byte byte : MakePayload(condition.payload, condition.size_bytes, seed)) {
    text += std::to_integer<char>(byte);
  }
  // The size may have cut the last character.
  std::fill(utf8::find_invalid(text.begin(), text.end()), text.end(), '.');
  return text;
}

void SetIfEmpty(Line* line, const std::string& words) {
  if (line->empty()) line->Set(words);
}

// Runs in the supervisor.
class Repetition {
 public:
  Repetition(Sample& sample, const ThirdPartyPair& pair, const Condition& condition,
             std::uint64_t seed, const TrialLimits& limits, int hang_up)
      : sample_(sample),
        condition_(condition),
        seed_(seed),
        limits_(limits),
        seats_(*ChooseSeats(condition.pin)),
        supervision_({.pair = pair,
                      .client_directory = pair.directory,
                      .server_cpu = seats_.receiver,
                      .client_cpu = seats_.sender,
                      .await_handlers = true},
                     {hang_up}),
        deadline_(Clock::now() + limits.hard) {}

  void Run() {
    bool whole = false;
    while (Wanted() && (whole || StartServer())) {
      const auto start = Clock::now();
      if (!first_) first_ = start;
      const auto text = MakeMessage(condition_, seed_ + sample_.messages);
      const Exchange exchange = supervision_.Send(text, deadline_ - start);
      Count(text, exchange, Clock::now() - start);
      whole = exchange.delivered && exchange.client_status;
      if (!whole || exchange.server_status) StopServer();
      if (exchange.server_status) return;
    }
    if (whole) StopServer();
  }

 private:
  // By the clock on the wall: waiting for what is lost lasts longer than the messages.
  bool Wanted() const {
    const auto now = Clock::now();
    return sample_.messages < kMostMessages && now < deadline_ &&
           (!first_ || now - *first_ < limits_.messages);
  }

  bool StartServer() {
    const bool ready =
        supervision_.Start(std::min<Clock::duration>(kStartTimeout, deadline_ - Clock::now()));
    const SupervisedProgram& server = supervision_.server();
    server_cpu_before_ns_ = server.CpuNs();
    if (ready) return true;
    if (server.running()) {
      constexpr std::size_t kExcerpt = 30;
      const auto said = Readable(server.output()).substr(0, kExcerpt);
      SetIfEmpty(&sample_.receiver_trouble,
                 "the server did not print its pid; it printed " +
                     (said.empty() ? "nothing" : fmt::format("\"{}\"", EscapeForTerminal(said))));
    }
    StopServer();
    return false;
  }

  void StopServer() {
    SupervisedProgram& server = supervision_.server();
    const bool by_itself = !server.running();
    server.End();
    sample_.receiver_cpu_ns += std::max(0.0, server.CpuNs() - server_cpu_before_ns_);
    if (by_itself && server.status()) {
      SetIfEmpty(&sample_.receiver_trouble, "the server " + DescribeStatus(*server.status()));
    }
  }

  void Count(const std::string& text, const Exchange& exchange, Clock::duration elapsed) {
    const std::size_t found = exchange.right_bytes;
    const std::size_t right = found < std::min(text.size(), kFewestBytes) ? 0 : found;
    const double elapsed_ns =
        exchange.seconds.value_or(std::chrono::duration<double>(elapsed).count()) * 1e9;
    sample_.measured = true;
    sample_.latency_ns[sample_.messages] = static_cast<float>(elapsed_ns);
    sample_.elapsed_ns += elapsed_ns;
    sample_.bits_sent += text.size() * kBitsPerByte;
    sample_.bits_received += right * kBitsPerByte;
    sample_.correct_bytes += right;
    sample_.sender_cpu_ns += exchange.client_cpu_ns;
    ++sample_.messages;
    if (!exchange.delivered) ++sample_.messages_failed;
    if (exchange.client_status || exchange.server_status) return;
    SetIfEmpty(&sample_.sender_trouble,
               fmt::format("the client {}, and was killed",
                           exchange.hung      ? "hung: it did nothing for 2 s"
                           : exchange.flooded ? "ran while the server wrote without end"
                                              : "did not end within the time limit"));
  }

  Sample& sample_;
  const Condition& condition_;
  std::uint64_t seed_;
  TrialLimits limits_;
  Seats seats_;
  Supervision supervision_;
  Clock::time_point deadline_;
  std::optional<Clock::time_point> first_;  // when the first message began
  double server_cpu_before_ns_ = 0;
};

}  // namespace

ThirdPartyPairs ReadManifests(const std::vector<std::string>& paths, ProtocolMenu ours) {
  std::vector<std::string> taken{"auto"};
  for (const ProtocolInfo* info : ours) taken.emplace_back(info->name);
  ThirdPartyPairs pairs;
  for (const std::string& path : paths) {
    pairs.push_back(ReadManifest(path));
    const std::string& name = pairs.back().name;
    if (FindCarrier(name) != nullptr || std::ranges::find(taken, name) != taken.end()) {
      throw ManifestError(fmt::format(
          "{}: \"{}\" is what a protocol, a carrier or another pair is called; give it another "
          "\"name\"",
          path, name));
    }
    taken.push_back(name);
  }
  return pairs;
}

void BuildChosen(const ThirdPartyPairs& pairs, const std::vector<PlannedRow>& rows) {
  for (const ThirdPartyPair& pair : pairs) {
    const auto is_its = [&](const auto& row) { return row.condition.protocol == pair.name; };
    if (std::ranges::any_of(rows, is_its)) BuildPair(pair, kBuildTimeout, {}, WriteError);
  }
}

Sample RunThirdPartyTrial(const ThirdPartyPair& pair, const Condition& condition,
                          std::uint64_t seed, const TrialLimits& limits) {
  SharedPage shared;
  Sample& sample = shared->sample;
  sample.floor_before_ns = MeasureFloor(condition, limits);
  {
    Supervisor supervisor([&](int hang_up) {
      try {
        Repetition(sample, pair, condition, seed, limits, hang_up).Run();
      } catch (const std::system_error& error) {
        SetIfEmpty(&sample.sender_trouble, error.what());
      }
      return EXIT_SUCCESS;
    });
    if (!supervisor.AwaitEnd(limits.hard + kClearUpTimeout)) sample.measured = false;
  }
  sample.floor_after_ns = MeasureFloor(condition, limits);
  return sample;
}

}  // namespace minitalk
