// A third-party pair: a server and a client that were not written here, as a manifest describes
// them (results/external.schema.json).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace minitalk {

// A manifest, validated.
struct ThirdPartyPair {
  std::string name;
  std::filesystem::path directory;  // absolute; where every command runs
  std::vector<std::string> build;   // empty: nothing to build
  std::vector<std::string> server;
  std::vector<std::string> client;  // with {pid} and {text}, each once
  std::string classic;              // the wire format that it speaks; empty: not known

  std::vector<std::string> ClientCommand(pid_t server_pid, std::string_view text) const;
  // In bytes: Linux refuses an argument of 128 KiB, its final zero included.
  std::size_t LongestText() const;
};

// Names the manifest or the pair, what is wrong, and the remedy, in one line.
class ManifestError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Reads and validates a manifest. Throws ManifestError.
ThirdPartyPair ReadManifest(const std::string& path);

// Runs its build, if it has one, and checks that both programs can be run. `output` is told what
// the build prints, as it comes; `hang_ups` as for Supervision. Blocks. Throws ManifestError.
void BuildPair(const ThirdPartyPair& pair, std::chrono::milliseconds timeout,
               const std::vector<int>& hang_ups,
               const std::function<void(std::string_view)>& output);

}  // namespace minitalk
