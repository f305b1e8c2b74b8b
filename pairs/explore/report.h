// An exploration as a document (results/explore.schema.json) and back, for a replay.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pairs/explore/search.h"

namespace minitalk::explore {

// A subject as it was explored, and what came of it.
nlohmann::ordered_json ToJson(const Subject& subject, const Limits& limits,
                              const Exploration& exploration);

// What to run again.
struct Recording {
  Subject subject;
  Choices choices;
  std::vector<std::string> steps;  // as Sentences() has them
};
// Throws std::runtime_error: the file cannot be read, or is no such document with a schedule.
Recording ReadRecording(const std::string& path);

// The steps of a run as sentences: "client handles USR1 just before pause()".
std::vector<std::string> Sentences(const Run& run);

const char* ToString(Assumption assumption);  // "any", "pauses-long"

}  // namespace minitalk::explore
