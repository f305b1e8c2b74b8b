// The option --classic of both programs.
#pragma once

#include <optional>
#include <string>

#include "apps/cli/command_line.h"
#include "protocols/classic/format.h"

namespace minitalk {

// Checked while the command line is parsed. `help` is a line on what it does; `more` goes with the
// explanation of the words to the end of --help.
CLI::Option* AddClassic(CLI::App& app, std::optional<std::string>& words, const std::string& help,
                        std::string_view more);

// What the server and the client know beside their options: protocols and the words of --classic.
nlohmann::ordered_json DescribeEnds(ProtocolMenu menu);

// Nothing: `detect`. REQUIRES: checked.
std::optional<classic::Format> ClassicFormat(const std::string& words);

}  // namespace minitalk
