// What the carriers say of themselves, for --describe=json.
#pragma once

#include <nlohmann/json.hpp>

namespace minitalk {

// All of them, in the order of the menu.
nlohmann::ordered_json DescribeCarriers();

}  // namespace minitalk
