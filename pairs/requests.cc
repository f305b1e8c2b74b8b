// The engine for other languages: requests in, observations out.

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "pairs/supervision.h"

namespace minitalk {
namespace {

using Json = nlohmann::json;

// Arguments and messages may be any bytes, JSON holds only characters: byte N is character N.
std::string BytesOf(const std::string& characters) {
  std::string bytes;
  for (std::size_t at = 0; at < characters.size(); ++at) {
    const auto first = static_cast<unsigned char>(characters[at]);
    if (first > 0xC3) throw std::invalid_argument("a character above U+00FF is no byte");
    bytes += first < 0x80 ? characters[at]
                          : static_cast<char>((first & 3) << 6 | (characters.at(++at) & 0x3F));
  }
  return bytes;
}

std::string Bytes(const Json& request, const char* key) {
  return BytesOf(request.at(key).get<std::string>());
}

std::vector<std::string> Words(const Json& request, const char* key, bool required = true) {
  std::vector<std::string> words;
  for (const Json& word : request.at(key)) words.push_back(BytesOf(word.get<std::string>()));
  if (words.empty() && required) throw std::invalid_argument(fmt::format("\"{}\" is empty", key));
  return words;
}

Clock::duration Seconds(double seconds) {
  constexpr double kMost = 1e6;
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::clamp(seconds, 0.0, kMost)));
}

Clock::duration Timeout(const Json& request, double otherwise) {
  return Seconds(request.value("timeout", otherwise));
}

template <typename Value>
Json OrNull(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

std::optional<int> Cpu(const Json& request, const char* key) {
  return request.contains(key) ? std::optional(request[key].get<int>()) : std::nullopt;
}

Json AsJson(const Exchange& exchange) {
  return {{"delivered", exchange.delivered},
          {"escaped", exchange.escaped},
          {"seconds", OrNull(exchange.seconds)},
          {"client_seconds", OrNull(exchange.client_seconds)},
          {"client_status", OrNull(exchange.client_status)},
          {"server_status", OrNull(exchange.server_status)},
          {"hung", exchange.hung},
          {"timed_out", exchange.timed_out},
          {"server_sleeps_in", OrNull(exchange.server_sleeps_in)},
          {"client_sleeps_in", OrNull(exchange.client_sleeps_in)},
          {"takes_signals", exchange.takes_signals},
          {"printed", exchange.printed},
          {"right_bytes", exchange.right_bytes},
          {"first_wrong", exchange.first_wrong},
          {"client_said", exchange.client_said},
          {"server_said", exchange.server_said},
          {"mark", exchange.mark}};
}

// Answers one request after the other about one pair.
class Engine {
 public:
  explicit Engine(std::vector<int> hang_ups) : hang_ups_(std::move(hang_ups)) {}

  Json Answer(const std::string& line) {
    try {
      const Json request = Json::parse(line);
      const auto kind = request.at("request").get<std::string>();
      for (const auto& [name, answer] : kRequests) {
        if (name == kind) return (this->*answer)(request);
      }
      throw std::invalid_argument(fmt::format("there is no request \"{}\"", kind));
    } catch (const std::exception& error) {
      return {{"error", error.what()}};
    }
  }

  // What the programs write between two requests is taken all the same, lest they block.
  void AwaitInput() {
    while (!AwaitNews(supervision_ ? supervision_->Programs() : std::vector<SupervisedProgram*>(),
                      hang_ups_, std::chrono::minutes(1), STDIN_FILENO)) {
    }
  }

 private:
  Json Manifest(const Json& request) {
    const ThirdPartyPair pair = ReadManifest(Bytes(request, "path"));
    return {{"name", pair.name},     {"directory", pair.directory.string()},
            {"build", pair.build},   {"server", pair.server},
            {"client", pair.client}, {"classic", pair.classic}};
  }

  Json Build(const Json& request) {
    const ThirdPartyPair pair{.name = Bytes(request, "name"),
                              .directory = Bytes(request, "directory"),
                              .build = Words(request, "build", false),
                              .server = Words(request, "server"),
                              .client = Words(request, "client"),
                              .classic = {}};
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(Timeout(request, 600));
    BuildPair(pair, timeout, hang_ups_, [](std::string_view) {});
    return Json::object();
  }

  Json Start(const Json& request) {
    SupervisionPlan plan{.pair = {.name = {},
                                  .directory = Bytes(request, "directory"),
                                  .build = {},
                                  .server = Words(request, "server"),
                                  .client = Words(request, "client"),
                                  .classic = {}},
                         .client_directory = Bytes(request, "client_directory"),
                         .server_cpu = Cpu(request, "server_cpu"),
                         .client_cpu = Cpu(request, "client_cpu"),
                         .traced = request.value("traced", false),
                         .still = Seconds(request.value("still", 2.0)),
                         .slowness = request.value("slowness", 1.0)};
    supervision_.reset();
    supervision_.emplace(std::move(plan), hang_ups_);
    const bool printed = supervision_->Start(Timeout(request, 5));
    const SupervisedProgram& server = supervision_->server();
    return {{"pid", supervision_->pid()},
            {"printed_pid", printed},
            {"status", OrNull(server.status())},
            {"said", Readable(server.output())}};
  }

  Json Server(const Json& request) {
    SupervisedProgram& server = Running().server();
    const auto deadline = Clock::now() + Timeout(request, 0);
    do {
      AwaitNews(Running().Programs(), hang_ups_, deadline - Clock::now());
    } while (server.running() && Clock::now() < deadline);
    return {{"status", OrNull(server.status())}, {"said", Readable(server.output())}};
  }

  Json Measure(const Json&) {
    const SessionUse use = MeasureSession(Running().server().pid());
    return {{"cpu_seconds", use.cpu_seconds}, {"resident_bytes", use.resident_bytes}};
  }

  Json Send(const Json& request) {
    return AsJson(Running().Send(Bytes(request, "text"), Timeout(request, 5)));
  }

  Json Begin(const Json& request) {
    if (request.contains("command")) {
      return {{"client", Running().BeginCommand(Words(request, "command"))}};
    }
    const auto text = Bytes(request, "text");
    if (!request.contains("work")) return {{"client", Running().Begin(text)}};
    const auto begun =
        Running().BeginAndAwaitWork(text, Seconds(request.at("work")), Timeout(request, 2));
    return {{"client", begun.client}, {"in_the_middle", begun.in_the_middle}};
  }

  Json Await(const Json& request) {
    return {{"ended", Running().AwaitEnd(request.at("client"), Timeout(request, 5))}};
  }

  Json Finish(const Json& request) {
    Json answers = Json::array();
    for (const Exchange& exchange : Running().Finish(request.at("clients"), Timeout(request, 5))) {
      answers.push_back(AsJson(exchange));
    }
    return {{"exchanges", answers}};
  }

  Json Find(const Json& request) {
    return AsJson(Running().Find(Bytes(request, "text"), request.at("mark")));
  }

  Json Signal(const Json& request) {
    const int number = request.at("signal");
    if (request.contains("client")) {
      Running().SignalClient(request["client"], number);
    } else {
      Running().SignalServer(number);
    }
    return Json::object();
  }

  // The next process gets a higher pid, as far as the kernel has them.
  Json Pids(const Json& request) {
    if (getpid() != 1) throw std::invalid_argument("only in a pid namespace of our own");
    std::ofstream("/proc/sys/kernel/ns_last_pid") << request.at("above").get<pid_t>();
    return Json::object();
  }

  Json CallWrongly(const Json& request) {
    const auto misuse = Running().CallWrongly(Words(request, "words"), Timeout(request, 4));
    return {{"status", OrNull(misuse.client_status)},
            {"seconds", misuse.client_seconds},
            {"said", misuse.said},
            {"near", OrNull(misuse.near_status)},
            {"far", OrNull(misuse.far_status)},
            {"server", OrNull(misuse.server_status)}};
  }

  Supervision& Running() {
    if (!supervision_) throw std::invalid_argument("no server was started");
    return *supervision_;
  }

  using Answerer = Json (Engine::*)(const Json&);
  static constexpr std::pair<std::string_view, Answerer> kRequests[] = {
      {"manifest", &Engine::Manifest}, {"build", &Engine::Build},
      {"start", &Engine::Start},       {"server", &Engine::Server},
      {"measure", &Engine::Measure},   {"send", &Engine::Send},
      {"begin", &Engine::Begin},       {"await", &Engine::Await},
      {"finish", &Engine::Finish},     {"find", &Engine::Find},
      {"signal", &Engine::Signal},     {"call_wrongly", &Engine::CallWrongly},
      {"pids", &Engine::Pids}};

  std::vector<int> hang_ups_;
  std::optional<Supervision> supervision_;
};

}  // namespace

int AnswerRequests(std::vector<int> hang_ups) {
  Engine engine(std::move(hang_ups));
  std::array<char, 65536> buffer;
  std::string input;
  for (;;) {
    for (auto end = input.find('\n'); end != input.npos; end = input.find('\n')) {
      const auto answer = engine.Answer(input.substr(0, end));
      std::cout << answer.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
      if (!std::cout) throw Abandoned();
      input.erase(0, end + 1);
    }
    engine.AwaitInput();
    const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return EX_OK;
    input.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
}

}  // namespace minitalk
