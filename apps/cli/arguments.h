// The words of a command line, sorted before CLI11 reads them: a message may begin with a dash, and
// what is wrong is told in the order in which it was typed.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace minitalk {

// `words` for CLI11, without the program's name, or what is wrong, in a clause.
struct SortedArguments {
  std::vector<std::string> words;
  std::string mistake;
};

// Options with their values go first, then all else behind a `--`. A word with a single dash is an
// option only if it is one exactly (`-h`); else it is a word like others, where the program takes
// any. A flag takes no value. With `app.allow_extras()` long options that there are not are left to
// the program. `of_extras` is what to do about a word too many.
SortedArguments SortArguments(const CLI::App& app, int argc, char** argv,
                              std::string_view of_extras);

// ` (did you mean "--protocol"?)`, to go behind an option that there is not; empty where none is
// near.
std::string OptionMeant(const CLI::App& app, std::string_view word);

}  // namespace minitalk
