// Somebody else's server and client, as a manifest describes them (results/external.schema.json).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/protocol.h"

namespace minitalk {

// A manifest, read and checked.
struct External {
  std::string name;                 // no protocol or carrier of ours is called so
  std::filesystem::path directory;  // absolute; where every command runs
  std::vector<std::string> build;   // empty: nothing to build
  std::vector<std::string> server;
  std::vector<std::string> client;  // with {pid} and {text}, each once

  std::vector<std::string> ClientCommand(pid_t server_pid, std::string_view text) const;
  // In bytes: Linux refuses an argument of 128 KiB, its final zero included.
  std::size_t LongestText() const;
};

// Names the manifest, what is wrong with it, and the remedy, in one line.
class ManifestError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reads each of these files; no two may have the same name, nor that of one of `ours` or of a
// carrier. Throws ManifestError.
std::vector<External> LoadExternals(const std::vector<std::string>& manifests, ProtocolMenu ours);

// Runs its build, if it has one, and checks that both programs are there. What the build says goes
// to standard error. Blocks. Throws ManifestError.
void BuildExternal(const External& external);

}  // namespace minitalk
