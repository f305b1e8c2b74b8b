// What each protocol's rounds can carry without error: a table, nothing explored.
#pragma once

#include <span>

#include "core/wire/protocol.h"

namespace minitalk::verify {

// A machine's costs in ns: a send, a take, and the floor's round on one CPU and on two.
inline constexpr std::size_t kCosts = 4;

// `costs`: empty, for bits a round alone, or kCosts of them, for bits a microsecond as well.
void PrintBounds(ProtocolMenu menu, std::span<const double> costs);

}  // namespace minitalk::verify
