// A pipe that is found by a path. Only `open` knows the difference, and nothing is written to disk.
// Both ends are opened before the fork and the path is removed at once, so it exists for
// microseconds.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "bench/carriers/ends.h"

namespace minitalk {
namespace {

// A path whose file is removed at once when this is left, however that happens.
class BriefName {
 public:
  BriefName() : path_(PrivatePath(std::filesystem::temp_directory_path().native())) {
    Require(mkfifo(path_.c_str(), S_IRUSR | S_IWUSR), "mkfifo");
  }
  ~BriefName() { unlink(path_.c_str()); }
  BriefName(const BriefName&) = delete;
  BriefName& operator=(const BriefName&) = delete;
  Fd Open(int how) const { return Fd(Require(open(path_.c_str(), how | O_CLOEXEC), "open")); }

 private:
  std::string path_;
};

Ends MakeFifo() {
  const BriefName name;
  // Opened to read, it would wait for a writer; once there is a reader, a writer does not wait.
  Fd read = name.Open(O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  Fd write = name.Open(O_WRONLY | O_NOFOLLOW);
  return {std::move(read), std::move(write)};
}

}  // namespace

extern const CarrierInfo kFifo;
constinit const CarrierInfo kFifo{
    .name = "fifo",
    .summary = "a pipe with a name, which is removed as soon as both ends are open",
    .steps = {.make = "mkfifo(3), open(2) at both ends, unlink(2)",
              .send = "write(2) copies into the pipe's pages and waits while they are full",
              .receive = "read(2) copies out of them and waits while they are empty"},
    .costs = {"1 + 1", "2", "64 KiB", "64 KiB", "until both ends are open"},
    .tells_death = true,
    .make = MakeStream<MakeFifo>,
};

}  // namespace minitalk
