// The table of contents: every carrier there is.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "bench/carriers/carrier.h"

namespace minitalk {

using CarrierMenu = std::span<const CarrierInfo* const>;

// Valid for ever; thread-safe.
CarrierMenu AllCarriers();

// By name or alias. Null: there is none.
const CarrierInfo* FindCarrier(std::string_view name);

// Adds "carriers", what all of them say of themselves in the order of the menu, for
// --describe=json.
void DescribeCarriers(nlohmann::ordered_json* object);

}  // namespace minitalk
