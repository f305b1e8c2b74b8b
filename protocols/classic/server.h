// The server that understands third-party clients: one process, no session, no handshake.
#pragma once

#include <optional>

#include "core/endpoint/server.h"
#include "protocols/classic/format.h"

namespace minitalk::classic {

// As core's RunServer(). Without a `format` it finds it out for each client. Of the options `echo`
// is not used. REQUIRES: a single thread.
int RunClassicServer(const ServerOptions& options, const std::optional<Format>& format);

}  // namespace minitalk::classic
