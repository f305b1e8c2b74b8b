// What a program says of itself, from one source: `--describe=json` for other programs and for the
// documents that are generated, the end of --help for people.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "core/wire/protocol.h"

namespace minitalk {

// An exit status, and when a program ends with it.
struct ExitStatus {
  int status;
  std::string_view when;
};

// What a program tells beside its options. Views have to outlive the parsing.
struct Manual {
  std::span<const ExitStatus> exit_statuses;
  std::string_view exit_note = {};  // behind the words "Exit status" of --help
  std::string_view of_extras = {};  // what to do about a word too many
  // Further keys of the description, such as the protocols; null: none.
  std::function<nlohmann::ordered_json()> knows = nullptr;
};

// For the end of --help.
std::string ExitStatusHelp(const Manual& manual);

// One object: the program's name, its options as `app` has them, its exit statuses, what it knows.
nlohmann::ordered_json Describe(const CLI::App& app, const Manual& manual);

// All that a menu says of its protocols, in its order.
nlohmann::ordered_json DescribeProtocols(ProtocolMenu menu);

}  // namespace minitalk
