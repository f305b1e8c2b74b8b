#include "pairs/explore/report.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "pairs/explore/trace.h"

namespace minitalk::explore {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "minitalk.explore/1";

Json SubjectJson(const Subject& subject) {
  Json json = {{"directory", subject.pair.directory.string()},
               {"server", subject.pair.server},
               {"client", subject.pair.client},
               {"message", subject.message},
               {"assume", ToString(subject.rules.assumption)}};
  if (subject.rules.each_once) json["alone"] = true;
  json["foreign_signals"] = subject.rules.foreign_signals;
  json["foreign"] = subject.rules.foreign;
  json["stops"] = subject.rules.stops;
  return json;
}

Json StepJson(const Event& event, const Run& run) {
  Json step = {{"process", run.names[static_cast<std::size_t>(event.process)]},
               {"step", Describe(event, run.names)}};
  if (!event.source.empty()) step["source"] = event.source;
  return step;
}

Json RunJson(const Run& run) {
  Json steps = Json::array();
  for (const Event& event : run.events) steps.push_back(StepJson(event, run));
  return {{"preemptions", run.preemptions}, {"choices", run.choices}, {"steps", steps}};
}

Subject SubjectOf(const Json& json) {
  Subject subject;
  subject.pair.directory = json.at("directory").get<std::string>();
  subject.pair.server = json.at("server").get<std::vector<std::string>>();
  subject.pair.client = json.at("client").get<std::vector<std::string>>();
  subject.message = json.at("message").get<std::string>();
  subject.rules.assumption = json.at("assume") == ToString(Assumption::kAnySchedule)
                                 ? Assumption::kAnySchedule
                                 : Assumption::kPausesLong;
  subject.rules.each_once = json.contains("alone");
  subject.rules.foreign_signals = json.at("foreign_signals").get<std::vector<int>>();
  subject.rules.foreign = json.at("foreign").get<int>();
  subject.rules.stops = json.at("stops").get<int>();
  return subject;
}

}  // namespace

const char* ToString(Assumption assumption) {
  return assumption == Assumption::kAnySchedule ? "any" : "pauses-long";
}

std::vector<std::string> Sentences(const Run& run) {
  std::vector<std::string> sentences;
  for (const Event& event : run.events) {
    sentences.push_back(fmt::format("{} {}", run.names[static_cast<std::size_t>(event.process)],
                                    Describe(event, run.names)));
  }
  return sentences;
}

Json ToJson(const Subject& subject, const Limits& limits, const Exploration& exploration) {
  Json document = {{"schema", kSchema}};
  document.update(SubjectJson(subject));
  const auto& found = exploration.found;
  const int complete = exploration.complete_preemptions;
  document.update(
      Json{{"preemptions", limits.preemptions},
           {"budget_seconds", std::chrono::duration<double>(limits.budget).count()},
           {"seed", limits.seed},
           {"verdict", ToString(found.empty() ? Verdict::kNoneFound : found.front().verdict)},
           {"violation", found.empty() ? Json(nullptr) : Json(found.front().reason)},
           {"schedules", exploration.schedules},
           {"random_schedules", exploration.random_schedules},
           {"states", exploration.states},
           {"complete_preemptions", complete < 0 ? Json(nullptr) : Json(complete)},
           {"exhausted", exploration.exhausted},
           {"interrupted", exploration.interrupted},
           {"seconds", exploration.seconds},
           {"schedule", found.empty() ? Json(nullptr) : RunJson(found.front())}});
  document["others"] = Json::array();
  for (std::size_t i = 1; i < found.size(); ++i) {
    document["others"].push_back({{"verdict", ToString(found[i].verdict)},
                                  {"violation", found[i].reason},
                                  {"schedule", RunJson(found[i])}});
  }
  return document;
}

Recording ReadRecording(const std::string& path) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format(
        "{}: {}; give a file that --json has written and that holds a schedule", path, what));
  };
  std::ifstream file(path);
  if (!file) fail("cannot be read");
  Recording recording;
  try {
    const Json json = Json::parse(file);
    if (json.value("schema", "") != kSchema) fail("is no exploration");
    if (json.at("schedule").is_null()) fail("no schedule that breaks the pair was found");
    recording.subject = SubjectOf(json);
    recording.choices = json.at("schedule").at("choices").get<Choices>();
    for (const Json& step : json.at("schedule").at("steps")) {
      recording.steps.push_back(fmt::format("{} {}", step.at("process").get<std::string>(),
                                            step.at("step").get<std::string>()));
    }
  } catch (const Json::exception& error) {
    fail(error.what());
  }
  return recording;
}

}  // namespace minitalk::explore
