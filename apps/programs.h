// The server and the client as functions of their command line, for a program with protocols of its
// own.
#pragma once

#include "core/wire/protocol.h"

namespace minitalk {

// Do what `./server --help` and `./client --help` say, with these protocols, and return the exit
// status. Both ends need the same menu: the server takes any protocol of it. To be called once,
// from main: they take signals over.
int ServerProgram(int argc, char** argv, ProtocolMenu menu);
int ClientProgram(int argc, char** argv, ProtocolMenu menu);

}  // namespace minitalk
