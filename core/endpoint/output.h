// The server's standard output, shared by all session processes: one whole message at a time,
// each followed by a newline, never two mixed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/endpoint/spool.h"
#include "core/os/log.h"
#include "core/os/shared_memory.h"

namespace minitalk {

// In what form messages are printed.
enum class OutputFormat : std::uint8_t {
  kRaw,      // the bytes as they are
  kEscaped,  // for a terminal: control characters and invalid UTF-8 as \xNN
  kJson,     // one object a message
};

// Opened once before the first fork; every session inherits it. The lock lives in shared memory
// and survives the death of its holder.
class Output {
 public:
  // Messages go to descriptor `fd`. No write waits longer than `timeout` without progress. The
  // `first_line` comes before any of them, however late it can be written.
  Output(int fd, OutputFormat format, std::chrono::milliseconds timeout,
         std::string first_line = "");

  OutputFormat format() const { return format_; }

  // True if nobody can ever read what is written: a pipe or a socket whose other end is closed.
  bool Abandoned() const;

  // Exclusive use until destroyed. Nothing: somebody else kept it for longer than the timeout.
  class Turn {
   public:
    ~Turn();
    Turn(Turn&& other) noexcept : output_(std::exchange(other.output_, nullptr)) {}
    Turn& operator=(Turn&& other) noexcept {
      std::swap(output_, other.output_);
      return *this;
    }
    // Writes the message and a newline. False: errno says why; what a regular file already got is
    // taken back, elsewhere the next message starts on a line of its own.
    bool Write(const Spool& message);
    bool WriteLine(std::string_view line);
    bool WriteFirstLine();

   private:
    friend class Output;
    explicit Turn(Output* output) : output_(output) {}
    template <typename Body>
    bool Transaction(Body body);
    Output* output_;
  };
  std::optional<Turn> Lock();

 private:
  // A robust mutex tells the next one if its holder died in the middle of a message.
  struct Shared {
    pthread_mutex_t mutex;
    bool torn;        // the last message was not written to its end
    bool introduced;  // the first line was written
  };
  bool WriteAll(std::string_view bytes);

  int fd_;
  OutputFormat format_;
  std::chrono::milliseconds timeout_;
  std::string first_line_;
  SharedMemory<Shared> shared_;
};

}  // namespace minitalk
