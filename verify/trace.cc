// A counterexample as a person reads it: a column for each process, time runs down.
#include <fmt/format.h>

#include <algorithm>

#include "verify/explorer.h"

namespace minitalk::verify {

std::vector<std::string> Sentences(const Counterexample& counterexample) {
  std::vector<std::string> sentences;
  for (const Step& step : counterexample.steps) {
    const auto actor = static_cast<std::size_t>(step.transition.actor - 1);
    sentences.push_back(fmt::format("{} {}", counterexample.names[actor], step.text));
  }
  return sentences;
}

std::string Trace(const Counterexample& counterexample) {
  constexpr std::size_t kNumberWidth = 4;
  constexpr std::size_t kGap = 3;
  std::size_t width = 12;
  for (const Step& step : counterexample.steps) width = std::max(width, step.text.size());
  width += kGap;
  std::string text = fmt::format("{:{}}", "", kNumberWidth);
  for (const std::string& name : counterexample.names) text += fmt::format("{:{}}", name, width);
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
  for (std::size_t i = 0; i < counterexample.steps.size(); ++i) {
    const Step& step = counterexample.steps[i];
    const auto column = static_cast<std::size_t>(step.transition.actor - 1);
    text +=
        fmt::format("{:{}}{:{}}{}\n", i + 1, kNumberWidth - 1, "", column * width + 1, step.text);
  }
  return text + fmt::format("{:{}}{}: {}\n", "", kNumberWidth,
                            ToString(counterexample.violation.kind), counterexample.violation.text);
}

}  // namespace minitalk::verify
