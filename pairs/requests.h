// The engine for other languages: requests in, observations out, each a JSON object on a line
// (README.md beside lists them).
#pragma once

#include <vector>

namespace minitalk {

// Answers the requests of standard input on standard output until there are no more; returns an
// exit status. One pair at a time. Throws Abandoned once one of `hang_ups` hangs up.
int AnswerRequests(std::vector<int> hang_ups);

}  // namespace minitalk
