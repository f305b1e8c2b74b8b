// The rules of the house's style that a machine can check, as pure functions from the text of a
// file to what offends in it.
#pragma once

#include <cstddef>
#include <regex>
#include <string>
#include <vector>

namespace minitalk::style {

inline constexpr std::size_t kMaxFileLines = 400;
inline constexpr std::size_t kMaxColumns = 100;
inline constexpr std::size_t kMaxFunctionLines = 45;  // from its opening brace to its closing one

// Messages, one for each offence.
using Offences = std::vector<std::string>;

// Whatever asks the kernel anything about signals. Comments and strings do not count.
Offences SignalCalls(const std::string& code);
// The same of calls for which core/os has one place: fork, the tie of a child to its parent, shared
// memory, the timer, an errno as an exception.
Offences CallsOfOnePlace(const std::string& code);

// Includes of what only a program that asks the operating system for something needs.
Offences SystemIncludes(const std::string& code);

// Quoted includes that do not match `allowed`.
Offences ForeignIncludes(const std::string& code, const std::regex& allowed);

// Lines, columns, blanks; and whether it says what it is for. `stem`: the file's name without its
// ending; a source may leave the saying to the header of the same name.
Offences Layout(const std::string& stem, const std::string& text);

// The part of Layout() that asks for a first comment, for files of other languages.
Offences SaysWhatItIsFor(const std::string& stem, const std::string& text);

// Functions of C and C++ that are too long; those within a function count as part of it.
Offences LongFunctions(const std::string& code);
// The same of Python, docstring included.
Offences LongPythonFunctions(const std::string& text);

// Classes, structs, enums and free functions of a header that nothing is said about. A type wants a
// comment right above it; functions may share one, up to the next blank line. A comment on the
// declaration's own line will do, too.
Offences UncommentedDeclarations(const std::string& header);

}  // namespace minitalk::style
