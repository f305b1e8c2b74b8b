#include "pairs/supervision.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "core/os/process_facts.h"

namespace minitalk {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStep{100};
constexpr milliseconds kStartStep{5};
constexpr milliseconds kStill{2000};   // who starts and does nothing for so long hangs
constexpr int kAsleep = 8;             // times as long where it sleeps for a time of its own
constexpr milliseconds kSettle{400};   // for the last words of a server that has ended
constexpr milliseconds kSilence{800};  // the clients have ended, and nobody does anything
constexpr milliseconds kLinger{3000};  // a client whose message has arrived has to end by then
constexpr milliseconds kAsk{20};       // between two looks at whether a client takes signals
constexpr milliseconds kWorkStep{2};
constexpr milliseconds kMisuse{4000};
constexpr milliseconds kCalm{30};  // until earlier CPU time is accounted for

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

void Replace(std::string* word, std::string_view part, pid_t pid) {
  if (const auto at = word->find(part); at != word->npos) {
    word->replace(at, part.size(), std::to_string(pid));
  }
}

// Ends a bystander; returns what ended it, if it was not us. The first signal that is to kill a
// process is its exit status even if ours comes before it has run again (complete_signal() in the
// kernel's signal.c): so nothing needs to be waited for.
std::optional<int> EndBystander(SupervisedProgram* bystander) {
  bystander->Update();
  const bool gone = !bystander->running();
  bystander->End();
  const auto status = bystander->status();
  return gone || status != -SIGKILL ? status : std::nullopt;
}

}  // namespace

Clock::duration Supervision::Stretched(Clock::duration timeout) const {
  return std::chrono::duration_cast<Clock::duration>(timeout * plan_.slowness);
}

bool Supervision::Start(Clock::duration timeout) {
  server_.reset();
  server_.emplace(Launch{
      .command = plan_.pair.server, .directory = plan_.pair.directory, .cpu = plan_.server_cpu});
  Stillness still({server_->pid()});
  auto last_output = Clock::now();
  const auto deadline = last_output + Stretched(timeout);
  // Whoever sleeps without having printed its pid will not print it later.
  while (Clock::now() < deadline && server_->running() && still.For() < Stretched(kStill)) {
    pid_ = plan_.traced ? TracedBy(server_->pid()) : server_->pid();
    if (IsReady(last_output)) return true;
    const auto before = server_->output().size();
    AwaitNews({&*server_}, hang_ups_, kStartStep);
    if (server_->output().size() > before) last_output = Clock::now();
  }
  return HoldsNumber(server_->output(), pid_);
}

// A signal that comes before the handlers are there would kill it; who has none waits otherwise.
bool Supervision::IsReady(Clock::time_point last_output) {
  if (!HoldsNumber(server_->output(), pid_)) return false;
  if (!plan_.await_handlers || Clock::now() - last_output >= kSettle) return true;
  const auto facts = InspectProcess(pid_);
  return facts && facts->catches_both;
}

int Supervision::Begin(const std::string& text) {
  return Add(plan_.pair.ClientCommand(pid_, text), plan_.client_cpu, text);
}

int Supervision::BeginCommand(std::vector<std::string> command) {
  return Add(std::move(command), std::nullopt, "");
}

int Supervision::Add(std::vector<std::string> command, std::optional<int> cpu,
                     const std::string& text) {
  server_->Update();
  const Launch launch{
      .command = std::move(command), .directory = plan_.client_directory, .cpu = cpu};
  clients_[next_id_] = std::make_unique<Client>(launch, text, server_->output().size());
  return next_id_++;
}

std::vector<SupervisedProgram*> Supervision::Programs() {
  std::vector<SupervisedProgram*> programs;
  if (server_) programs.push_back(&*server_);
  for (const auto& [id, client] : clients_) programs.push_back(&client->program);
  return programs;
}

void Supervision::SignalServer(int number) {
  server_->Update();
  if (pid_ == server_->pid()) return server_->Signal(number);
  std::optional<Process> traced;
  if (Process::Open(pid_, &traced) != Status::kOk) return;
  // It is held by now: if it is still the tracer's child, it is the one that was meant.
  const auto facts = InspectProcess(pid_);
  if (facts && facts->parent == server_->pid()) traced->Send(number);
}

Supervision::UnderWay Supervision::BeginAndAwaitWork(const std::string& text,
                                                     std::chrono::nanoseconds work,
                                                     Clock::duration timeout) {
  std::this_thread::sleep_for(kCalm);
  const auto before = MeasureSession(server_->pid()).activity;
  const int id = Begin(text);
  Client& client = *clients_.at(id);
  const auto deadline = Clock::now() + Stretched(timeout);
  for (std::uint64_t worked = 0; Clock::now() < deadline;) {
    AwaitNews(Programs(), hang_ups_, kWorkStep);
    UpdateClient(client);
    if (!client.program.running() || client.search.found()) return {id, false};
    worked = MeasureSession(server_->pid()).activity - before;
    if (worked >= static_cast<std::uint64_t>(work.count())) break;
  }
  return {id, true};
}

bool Supervision::AwaitEnd(int id, Clock::duration timeout) {
  const SupervisedProgram& program = clients_.at(id)->program;
  Stillness still({program.pid()});
  const auto deadline = Clock::now() + Stretched(timeout);
  while (program.running() && Clock::now() < deadline && !Hangs(still, {program.pid()})) {
    AwaitNews(Programs(), hang_ups_, std::min<Clock::duration>(kStep, deadline - Clock::now()));
  }
  return !program.running();
}

Exchange Supervision::Send(const std::string& text, Clock::duration timeout) {
  return Finish({Begin(text)}, timeout).front();
}

// Whoever sleeps until a time of its own will do something then.
bool Supervision::Hangs(Stillness& still, const std::vector<pid_t>& pids) const {
  const auto time = still.For();
  return time > Stretched(plan_.still) &&
         (time > Stretched(plan_.still) * kAsleep || std::ranges::none_of(pids, SleepsForATime));
}

std::vector<Exchange> Supervision::Finish(const std::vector<int>& ids, Clock::duration timeout) {
  const auto start = Clock::now();
  std::vector<Client*> clients;
  std::vector<pid_t> pids;
  for (const int id : ids) {
    clients.push_back(clients_.at(id).get());
    pids.push_back(clients.back()->program.pid());
  }
  // Bits come from clients alone. A server may look at its clock now and then.
  Stillness senders(pids);
  auto all = pids;
  all.push_back(server_->pid());
  Stillness everybody(std::move(all));
  bool hung = false;
  bool timed_out = false;
  for (;;) {
    for (Client* client : clients) UpdateClient(*client);
    hung = Hangs(senders, pids);
    timed_out = Clock::now() - start > Stretched(timeout);
    const bool done = std::ranges::all_of(clients, &Client::Done);
    if (done || hung || timed_out || IsOver(clients, start, everybody)) break;
    AwaitNews(Programs(), hang_ups_, kStep);
  }
  std::vector<Exchange> exchanges;
  for (const int id : ids) exchanges.push_back(Conclude(id, hung, timed_out));
  return exchanges;
}

// Whether nothing more is to be expected, although not everything is as it should be.
bool Supervision::IsOver(const std::vector<Client*>& clients, Clock::time_point start,
                         Stillness& everybody) {
  const auto since = [&](Clock::time_point event) { return Clock::now() - std::max(event, start); };
  if (server_->overflowed()) return true;
  if (!server_->running() && since(server_->end()) > Stretched(kSettle)) return true;
  auto ended = start;
  auto delivered = start;
  bool all_ended = true;
  bool all_delivered = true;
  for (const Client* client : clients) {
    all_ended = all_ended && !client->program.running();
    all_delivered = all_delivered && client->search.found();
    ended = std::max(ended, client->program.end());
    delivered = std::max(delivered, client->delivered);
  }
  const auto still = everybody.For();
  return (all_delivered && since(delivered) > Stretched(kLinger)) ||
         // A server may never be still.
         (all_ended && (since(ended) > Stretched(plan_.still) ||
                        std::min(since(ended), still) > Stretched(kSilence)));
}

void Supervision::UpdateClient(Client& client) {
  const bool running = client.program.running();
  const auto now = Clock::now();
  if (!client.search.found() && client.search.Find(server_->output())) client.delivered = now;
  if (running && !client.exchange.takes_signals && now - client.asked > kAsk) {
    client.asked = now;
    client.exchange.takes_signals = TakesSignals(client.program.pid());
  }
}

// The exchange as it stands; a client that still runs is killed.
Exchange Supervision::Conclude(int id, bool hung, bool timed_out) {
  const auto client = std::move(clients_.extract(id).mapped());
  SupervisedProgram& program = client->program;
  server_->Update();
  program.Update();
  UpdateClient(*client);
  Exchange exchange = client->exchange;
  if (program.running()) {
    exchange.hung = hung;
    exchange.timed_out = timed_out;
    exchange.flooded = server_->overflowed();
    exchange.server_sleeps_in = SleepsIn(pid_);
    exchange.client_sleeps_in = SleepsIn(program.pid());
  } else {
    exchange.client_status = program.status();
    exchange.client_seconds = Seconds(program.end() - program.start());
  }
  program.End();
  exchange.client_cpu_ns = program.CpuNs();
  exchange.client_said = Readable(program.output());
  if (client->search.found()) exchange.seconds = Seconds(client->delivered - program.start());
  Observe(client->search, &exchange);
  return exchange;
}

void Supervision::Observe(const TextSearch& search, Exchange* exchange) {
  const std::string_view output = std::string_view(server_->output()).substr(search.start());
  exchange->mark = search.start();
  exchange->server_status = server_->status();
  exchange->delivered = search.found();
  exchange->server_said = Readable(output);
  exchange->escaped = search.found_escaped();
  if (search.found()) {
    exchange->right_bytes = search.text().size();
    return;
  }
  const std::string stripped = StripEscapes(output);
  exchange->printed = !Readable(output).empty();
  exchange->right_bytes = FindBeginning(search.text(), stripped).bytes;
  exchange->first_wrong = DescribeFirstWrong(search.text(), stripped);
}

Exchange Supervision::Find(const std::string& text, std::size_t mark) {
  server_->Update();
  TextSearch search(text, std::min(mark, server_->output().size()));
  search.Find(server_->output());
  Exchange exchange;
  Observe(search, &exchange);
  return exchange;
}

// A signal that ends a process takes effect when that is run next: on a busy machine, a while
// later. One that sleeps is not about to end; one that runs and has nothing pending may be.
void Supervision::AwaitSettled() {
  const auto start = Clock::now();
  while (server_->running() && Clock::now() - start < kMisuse) {
    const auto facts = InspectProcess(pid_);
    const bool pending = facts && facts->signals.pending != 0;
    if (facts && (facts->state == 'S' || facts->state == 'T')) return;
    if (!pending && Clock::now() - start > kSettle) return;
    AwaitNews({&*server_}, hang_ups_, kWorkStep);
  }
}

Supervision::Misuse Supervision::CallWrongly(std::vector<std::string> words,
                                             Clock::duration timeout) {
  const auto launch = [&](std::vector<std::string> command, std::optional<pid_t> group) {
    return Launch{std::move(command), plan_.client_directory, {}, group};
  };
  SupervisedProgram near(launch({"sleep", "60"}, 0));
  SupervisedProgram far(launch({"sleep", "60"}, std::nullopt));
  SupervisedProgram gone(launch({"true"}, std::nullopt));
  gone.End();
  for (std::string& word : words) {
    Replace(&word, "{bystander}", far.pid());
    Replace(&word, "{nobody}", gone.pid());
    Replace(&word, "{pid}", pid_);
  }
  SupervisedProgram client(launch(std::move(words), near.pid()));
  const auto deadline = Clock::now() + timeout;
  // The bystanders, too: one that is dead and not reaped could be signalled for ever.
  while (client.running() && Clock::now() < deadline) {
    AwaitNews({&*server_, &client, &near, &far}, hang_ups_, kStep);
  }
  Misuse misuse;
  misuse.client_status = client.status();
  misuse.client_seconds =
      Seconds((client.running() ? Clock::now() : client.end()) - client.start());
  misuse.near_status = EndBystander(&near);
  misuse.far_status = EndBystander(&far);
  client.End();
  misuse.said = !Readable(client.output()).empty();
  AwaitSettled();
  misuse.server_status = server_->status();
  return misuse;
}

}  // namespace minitalk
