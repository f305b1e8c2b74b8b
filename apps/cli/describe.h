// JSON of the programs: what they say of themselves and of a delivery, the text of result files. So
// that nobody else has to read that library's large header.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/cli/command_line.h"
#include "core/endpoint/client.h"

namespace minitalk {

// --describe=json: the program's name, options, exit statuses, protocols and the rest.
std::string Describe(const CommandLine& line);

// The JSON line of a message. What is not valid UTF-8 is replaced in it.
std::string MessageToJson(pid_t client, std::string_view protocol, std::string_view text,
                          const TransferStats& stats);

// --stats of the client.
std::string DescribeDelivery(const Delivery& delivery, const std::string& protocol);

// A row a line: each item of a list, and each member of the outer two objects.
std::string JsonText(const nlohmann::ordered_json& document);

}  // namespace minitalk
