// The table of contents: every carrier there is.
#pragma once

#include <span>
#include <string_view>

#include "bench/carriers/carrier.h"

namespace minitalk {

using CarrierMenu = std::span<const CarrierInfo* const>;

// Valid for ever; thread-safe.
CarrierMenu AllCarriers();

// By name or alias. Null: there is none.
const CarrierInfo* FindCarrier(std::string_view name);

}  // namespace minitalk
