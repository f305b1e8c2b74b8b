// One line a carrier, in the order of the textbooks. Each is defined in a file of its own name.
#include "bench/carriers/registry.h"

#define MINITALK_CARRIERS(ENTRY) \
  ENTRY(kPipe)                   \
  ENTRY(kFifo)                   \
  ENTRY(kUnix)                   \
  ENTRY(kSysv)                   \
  ENTRY(kPosixmq)                \
  ENTRY(kShmSem)                 \
  ENTRY(kShmSpin)                \
  ENTRY(kEventfd)

namespace minitalk {

#define DECLARE(info) extern const CarrierInfo info;
MINITALK_CARRIERS(DECLARE)
#undef DECLARE

CarrierMenu AllCarriers() {
#define ADDRESS(info) &(info),
  static constexpr const CarrierInfo* kMenu[] = {MINITALK_CARRIERS(ADDRESS)};
#undef ADDRESS
  return kMenu;
}

const CarrierInfo* FindCarrier(std::string_view name) {
  for (const CarrierInfo* info : AllCarriers()) {
    if (name == info->name || (!name.empty() && name == info->alias)) return info;
  }
  return nullptr;
}

}  // namespace minitalk
