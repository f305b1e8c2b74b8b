// Real processes for the tests: a forked child that hands a result back, a pair of them joined by
// two kernel links, and a started program with its streams. Whatever happens in a test, each of
// them is killed and reaped when its object ends. Time limits are guards against hanging only.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/os/fd.h"
#include "core/os/kernel_link.h"
#include "core/os/placement.h"
#include "core/wire/session.h"

namespace minitalk {

// Far more than anything here lasts on a machine that is fully loaded.
inline constexpr std::chrono::milliseconds kHangGuard{60'000};

// A process that nobody but this object knows of: forked, killed and reaped by it.
class Child {
 public:
  // Runs `body` in a fork. What it returns is handed back; whatever it changes is not.
  explicit Child(const std::function<std::string()>& body);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }

  // What the body returned. Nothing: it died otherwise, or still runs at the end of the limit.
  // Leaves a zombie, so that the pid stays ours.
  std::optional<std::string> Result(std::chrono::milliseconds limit = kHangGuard) const;

 private:
  Fd result_;
  pid_t pid_;
  Fd pidfd_;
};

// What `body` returns in a process of its own; "(died)" if it does not get that far.
std::string InChild(const std::function<std::string()>& body);

// From now on this process and those it starts get EPERM from that system call (SYS_...), as in a
// sandbox that forbids it. False: the kernel cannot do that.
bool ForbidCall(long number);

struct Placement {
  Pin pin = Pin::kNone;
  WaitMode wait = WaitMode::kAuto;
};

// What one end of a conversation does; its return value reaches the test.
using Role = std::function<std::string(KernelLink&)>;

struct PairResult {
  std::string first;  // "(died)" if the role did not return
  std::string second;
};

// Two fresh processes, each with a link to the other that waits at most `limit`; both links stand
// before either role begins.
PairResult RunPair(const Placement& placement, std::chrono::milliseconds limit, const Role& first,
                   const Role& second);

// Where a program's standard streams lead.
struct Streams {
  std::optional<std::string> input = {};  // through a pipe; nothing: /dev/null
  std::string output_path = {};           // empty: captured
};

// A started program, in a process group of its own, with which its descendants end as well.
class Program {
 public:
  explicit Program(const std::vector<std::string>& command, const Streams& streams = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void Send(int signal) const;

  // Waits for its end: its exit code, or 128 + the signal that killed it. -1: it still runs. Leaves
  // a zombie.
  int Wait(std::chrono::milliseconds limit = kHangGuard);

  // Waits until so many whole lines came out. False: it ended before, or the limit is over.
  bool AwaitLines(std::size_t count);

  // After Wait(): gives the pid back to the system.
  void Reap();

  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  bool Pump(std::chrono::milliseconds timeout);
  bool Ended() const;
  void Start(const std::vector<std::string>& command, const Fd& input, const Fd& output,
             const Fd& errors);

  std::string input_;
  Fd input_fd_;
  Fd output_fd_;
  Fd error_fd_;
  pid_t pid_ = -1;
  Fd pidfd_;
  std::string out_;
  std::string err_;
};

// Calls `condition` now and then until it holds. False: not within the hang guard.
bool Eventually(const std::function<bool()>& condition);

// Both ends of a pipe, which a program that is started does not inherit; `flags` as for pipe2(2).
struct Pipe {
  explicit Pipe(int flags = 0);
  Fd read;
  Fd write;
};

// Bytes at random, the same ones at each call.
std::string RandomBytes(std::size_t size);

// A file under /tmp that vanishes with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content = "");
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }
  std::string Content() const;

 private:
  std::string path_;
};

// What processes can leave behind by a name: message queues, shared memory, FIFOs.
using Names = std::set<std::string>;

// Everything of the kind that is on this machine now.
Names NamedObjects();

// What was not in `before` and stays, a line each. Other tests run beside this one and have objects
// of their own, but those come and go.
std::string StaysSince(const Names& before);

// A sink that keeps the message, and can be told to refuse it.
class CollectingSink final : public Sink {
 public:
  explicit CollectingSink(Status on_append = Status::kOk, Status on_commit = Status::kOk)
      : on_append_(on_append), on_commit_(on_commit) {}

  Status Append(std::span<const std::byte> bytes) override {
    if (on_append_ == Status::kOk) {
      text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return on_append_;
  }
  Status Commit(const TransferStats&) override {
    ++commits_;
    return on_commit_;
  }

  const std::string& text() const { return text_; }
  int commits() const { return commits_; }

 private:
  Status on_append_;
  Status on_commit_;
  std::string text_;
  int commits_ = 0;
};

inline std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

}  // namespace minitalk
