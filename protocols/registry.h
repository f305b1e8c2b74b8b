// The table of contents: every protocol there is.
#pragma once

#include "core/wire/protocol.h"

namespace minitalk {

// All protocols. The first loss-free one is what `auto` means. Valid for ever; thread-safe.
ProtocolMenu AllProtocols();

}  // namespace minitalk
