// One line a protocol, the fastest first, those that lose bits last. Each is defined in a file of
// its own name.
#include "protocols/registry.h"

#define MINITALK_PROTOCOLS(ENTRY) \
  ENTRY(kSiginfo)                 \
  ENTRY(kSigqueue)                \
  ENTRY(kIndex)                   \
  ENTRY(kRuns)                    \
  ENTRY(kLanes)                   \
  ENTRY(kPair)                    \
  ENTRY(kAck)                     \
  ENTRY(kClock)                   \
  ENTRY(kRle)                     \
  ENTRY(kPpm)                     \
  ENTRY(kUsleep)

namespace minitalk {

#define DECLARE(info) extern const ProtocolInfo info;
MINITALK_PROTOCOLS(DECLARE)
#undef DECLARE

ProtocolMenu AllProtocols() {
#define ADDRESS(info) &(info),
  static constexpr const ProtocolInfo* kMenu[] = {MINITALK_PROTOCOLS(ADDRESS)};
#undef ADDRESS
  return kMenu;
}

}  // namespace minitalk
