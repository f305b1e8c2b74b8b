// A server that runs under supervision, and clients that talk to it: one exchange is one client and
// what became of its message. Every wait has a timeout; a client that hangs is noticed after two
// seconds, unless it sleeps until a time of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pairs/manifest.h"
#include "pairs/observation.h"
#include "pairs/program.h"

namespace minitalk {

// One message, or one program that is run beside, and all that could be seen of it. Times count
// from before the client's start.
struct Exchange {
  bool delivered = false;
  bool escaped = false;                  // shown with its control characters escaped
  std::optional<double> seconds;         // until the whole message stood in the output
  std::optional<double> client_seconds;  // until the client ended by itself
  std::optional<int>
      client_status;  // as SupervisedProgram has it; nothing: it was killed in the end
  std::optional<int> server_status;  // nothing: it lives
  double client_cpu_ns = 0;
  bool hung = false;  // the client was killed because it did nothing any more
  bool timed_out = false;
  bool flooded = false;                         // the server wrote without end
  std::optional<std::string> server_sleeps_in;  // of a client that was killed
  std::optional<std::string> client_sleeps_in;
  bool takes_signals = false;   // the client does: there are acknowledgements
  bool printed = false;         // something but blanks is new in the server's output
  std::size_t right_bytes = 0;  // of the message's beginning that stand there together
  std::string first_wrong;      // in words, where it was not delivered
  std::string client_said;      // as Readable() has it
  std::string server_said;      // since `mark`
  std::size_t mark = 0;         // where in the server's output its own begins
};

// How the two are started. `client` is a template (ThirdPartyPair).
struct SupervisionPlan {
  ThirdPartyPair pair;
  std::filesystem::path client_directory;
  std::optional<int> server_cpu = {};
  std::optional<int> client_cpu = {};
  bool traced = false;          // the server's command is a tracer's, which starts the server
  bool await_handlers = false;  // a server counts as ready only when it catches both signals
  Clock::duration still = std::chrono::seconds(2);  // a client that does nothing for so long hangs
  double slowness = 1;  // of tracers and the like: every timeout is stretched by it
};

// Holds a server and its clients; ends them all with itself. Not thread-safe. Everything here
// throws Abandoned once one of the descriptors `hang_ups` hangs up.
class Supervision {
 public:
  Supervision(SupervisionPlan plan, std::vector<int> hang_ups)
      : plan_(std::move(plan)), hang_ups_(std::move(hang_ups)) {}

  // Starts the server, or another one, and waits for its pid on its output, at most two seconds
  // beyond its last sign of life. True: the pid was printed. Throws std::system_error.
  bool Start(Clock::duration timeout);
  // REQUIRES for the rest: Start() was called.
  SupervisedProgram& server() { return *server_; }
  // What is signalled: the server itself also where it is traced.
  pid_t pid() const { return pid_; }

  // Starts a client with a message; Finish it later. Throws std::system_error.
  int Begin(const std::string& text);
  // Starts another program beside, in the client's directory.
  int BeginCommand(std::vector<std::string> command);
  // Begin, and waits until the server has worked for so long on it, or the timeout is over. No
  // fixed time would do: a message takes ten times as long on a busy machine.
  struct UnderWay {
    int client;
    bool in_the_middle;  // false: the client or its message was too quick
  };
  UnderWay BeginAndAwaitWork(const std::string& text, std::chrono::nanoseconds work,
                             Clock::duration timeout);
  // Waits until a client ends, or does nothing any more. True: it has ended.
  bool AwaitEnd(int client, Clock::duration timeout);
  // Waits until all messages have arrived and the clients have ended, or no longer can.
  std::vector<Exchange> Finish(const std::vector<int>& clients, Clock::duration timeout);
  // Begin and Finish.
  Exchange Send(const std::string& text, Clock::duration timeout);
  // What the server's output has of a message now, from `mark` on.
  Exchange Find(const std::string& text, std::size_t mark);

  // The programs that run, for AwaitNews.
  std::vector<SupervisedProgram*> Programs();
  void SignalServer(int number);
  void SignalClient(int client, int number) { clients_.at(client)->program.Signal(number); }

  // What a client with these words does beside two bystanders, the one of its own process group,
  // the other of another session. {bystander} in a word is the latter's pid, {nobody} nobody's.
  struct Misuse {
    std::optional<int> client_status;  // nothing: it did not end
    double client_seconds = 0;         // until its end, or until it was given up
    bool said = false;                 // it printed something
    std::optional<int> near_status;    // of the bystander in its group; nothing: not hit
    std::optional<int> far_status;
    std::optional<int> server_status;
  };
  Misuse CallWrongly(std::vector<std::string> words,
                     Clock::duration timeout = std::chrono::seconds(4));

 private:
  // Returns once whatever has been sent to the server has had its effect.
  void AwaitSettled();

  struct Client {
    Client(const Launch& launch, std::string text, std::size_t mark)
        : program(launch), search(std::move(text), mark) {}
    bool Done() const { return !program.running() && search.found(); }

    SupervisedProgram program;
    TextSearch search;
    Exchange exchange;
    Clock::time_point delivered = {};
    Clock::time_point asked = program.start();  // whether it takes signals
  };

  bool IsReady(Clock::time_point last_output);
  bool Hangs(Stillness& still, const std::vector<pid_t>& pids) const;
  int Add(std::vector<std::string> command, std::optional<int> cpu, const std::string& text);
  void UpdateClient(Client& client);
  bool IsOver(const std::vector<Client*>& clients, Clock::time_point start, Stillness& everybody);
  void Observe(const TextSearch& search, Exchange* exchange);
  Exchange Conclude(int id, bool hung, bool timed_out);
  Clock::duration Stretched(Clock::duration timeout) const;

  SupervisionPlan plan_;
  std::vector<int> hang_ups_;
  std::optional<SupervisedProgram> server_;
  pid_t pid_ = -1;
  std::map<int, std::unique_ptr<Client>> clients_;
  int next_id_ = 1;
};

// The engine for other languages: answers requests on standard input by observations on standard
// output, each a JSON object on a line (README.md beside lists them), until there are no more;
// returns an exit status. One pair at a time. Throws Abandoned once one of `hang_ups` hangs up.
int AnswerRequests(std::vector<int> hang_ups);

}  // namespace minitalk
