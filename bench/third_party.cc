#include "bench/third_party.h"

#include <fmt/format.h>
#include <unistd.h>
#include <utf8.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "bench/carriers/registry.h"
#include "bench/report.h"
#include "core/os/log.h"
#include "core/os/shared_memory.h"
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
        cpus_(*ChooseCpus(condition.pin)),
        supervision_({.pair = pair,
                      .client_directory = pair.directory,
                      .server_cpu = cpus_.receiver,
                      .client_cpu = cpus_.sender,
                      .await_handlers = true},
                     {hang_up}),
        deadline_(Clock::now() + limits.hard) {}

  // One message. False: that was the last, for its server cannot go on.
  bool Step() {
    if (!whole_ && !StartServer()) return false;
    const auto start = Clock::now();
    if (!first_) first_ = start;
    const auto text = MakeMessage(condition_, seed_ + sample_.messages);
    const Exchange exchange = supervision_.Send(text, deadline_ - start);
    Count(text, exchange, Clock::now() - start);
    whole_ = exchange.delivered && exchange.client_status;
    if (!whole_ || exchange.server_status) StopServer();
    return !exchange.server_status;
  }

  // Whether there is time for another. By the clock on the wall: waiting for what is lost lasts
  // longer than the messages.
  bool Wanted() const {
    const auto now = Clock::now();
    return sample_.messages < kMostMessages && now < deadline_ &&
           (!first_ || now - *first_ < limits_.messages);
  }

  void End() {
    if (whole_) StopServer();
  }

 private:
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
    whole_ = false;
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
  EndCpus cpus_;
  Supervision supervision_;
  Clock::time_point deadline_;
  std::optional<Clock::time_point> first_;  // when the first message began
  double server_cpu_before_ns_ = 0;
  bool whole_ = false;  // the server runs, and has delivered what it was sent
};

// Calls `run` with a descriptor that hangs up with us, in a supervisor of its own, and takes the
// floor before and after it. `run` fills the sample.
Sample Supervise(const Condition& condition, const TrialLimits& limits,
                 const std::function<void(Sample&, int hang_up)>& run) {
  SharedMemory<Sample> sample;
  sample->floor_before_ns = MeasureFloor(condition, limits);
  {
    Supervisor supervisor([&](int hang_up) {
      try {
        run(*sample, hang_up);
      } catch (const std::system_error& error) {
        SetIfEmpty(&sample->sender_trouble, error.what());
      }
      return EXIT_SUCCESS;
    });
    if (!supervisor.AwaitEnd(limits.hard + kClearUpTimeout)) sample->measured = false;
  }
  sample->floor_after_ns = MeasureFloor(condition, limits);
  return *sample;
}

// The first that exists of these, beside this program; the last if none does.
std::string Beside(std::initializer_list<const char*> names) {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  std::filesystem::path found;
  for (const char* name : names) {
    found = (folder / name).lexically_normal();
    if (std::filesystem::exists(found)) break;
  }
  return found;
}

ThirdPartyPair Ours() {
  return {.name = std::string(kProgram),
          .directory = "/",
          .build = {},
          .server = {Beside({"server", "minitalk-server"})},
          .client = {Beside({"client", "minitalk-client"}), "{pid}", "{text}"},
          .classic = ""};
}

ThirdPartyPair Reference() {
  return {.name = "reference",
          .directory = "/",
          .build = {},
          .server = {Beside({"../libexec/minitalk/reference-server"})},
          .client = {Beside({"../libexec/minitalk/reference-client"}), "{pid}", "{text}"},
          .classic = "msb,usr1=0,nul,ack=bit"};
}

}  // namespace

ThirdPartyPairs ReadManifests(const std::vector<std::string>& paths, ProtocolMenu ours) {
  std::vector<std::string> taken{"auto", std::string(kProgram)};
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
  return Supervise(condition, limits, [&](Sample& sample, int hang_up) {
    Repetition repetition(sample, pair, condition, seed, limits, hang_up);
    while (repetition.Wanted() && repetition.Step()) {
    }
    repetition.End();
  });
}

std::string MissingProgram() {
  for (const ThirdPartyPair& pair : {Ours(), Reference()}) {
    for (const std::string& program : {pair.server.front(), pair.client.front()}) {
      if (access(program.c_str(), X_OK) != 0) return program;
    }
  }
  return "";
}

Sample RunProgramTrial(const Condition& condition, std::uint64_t seed, const TrialLimits& limits) {
  return Supervise(condition, limits, [&](Sample& sample, int hang_up) {
    const auto reference_sample = std::make_unique<Sample>();
    const ThirdPartyPair our_pair = Ours();
    const ThirdPartyPair reference_pair = Reference();
    Repetition ours(sample, our_pair, condition, seed, limits, hang_up);
    Repetition reference(*reference_sample, reference_pair, condition, seed, limits, hang_up);
    while (ours.Wanted() && reference.Step() && ours.Step()) {
    }
    ours.End();
    reference.End();
    sample.reference_ns = MedianLatencyNs(*reference_sample);
    if (!reference_sample->sender_trouble.empty()) {
      SetIfEmpty(&sample.sender_trouble,
                 fmt::format("the reference pair: {}", reference_sample->sender_trouble.view()));
    }
  });
}

}  // namespace minitalk
