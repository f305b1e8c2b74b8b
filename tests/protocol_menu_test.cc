// Choosing a protocol: by what a person types and by what a header says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "core/os/placement.h"
#include "core/wire/protocol.h"
#include "protocols/registry.h"

namespace minitalk {
namespace {

std::optional<std::string> NameOfChoice(std::string_view text) {
  const auto choice = ChooseProtocol(AllProtocols(), text);
  if (!choice) return std::nullopt;
  return choice->Name();
}

TEST(ProtocolMenu, NamesAndNumbersAreUnique) {
  std::set<std::string_view> names;
  std::set<int> ids;
  for (const ProtocolInfo* info : AllProtocols()) {
    EXPECT_TRUE(names.insert(info->name).second) << info->name;
    EXPECT_TRUE(ids.insert(info->id).second) << int{info->id};
    EXPECT_FALSE(info->summary.empty());
    // Otherwise the name could not be told from the parameter, or from `auto`.
    EXPECT_EQ(info->name.find(':'), info->name.npos);
    EXPECT_NE(info->name, "auto");
  }
  EXPECT_FALSE(names.empty());
}

// A menu with one of our protocols and a second one, changed.
std::optional<std::string> WhyBadWith(void (*change)(ProtocolInfo&)) {
  const ProtocolInfo* first = AllProtocols().front();
  ProtocolInfo second = *first;
  second.id = 200;
  second.name = "mine";
  change(second);
  const std::array menu{first, static_cast<const ProtocolInfo*>(&second)};
  return WhyBad(menu);
}

TEST(ProtocolMenu, ABadOneIsRefused) {
  EXPECT_EQ(WhyBad(AllProtocols()), std::nullopt);
  EXPECT_EQ(WhyBadWith([](ProtocolInfo&) {}), std::nullopt);
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.id = AllProtocols().front()->id; }));
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.name = AllProtocols().front()->name; }));
  for (const char* name : {"", "auto", "a:1", "a/b", "two words", "--mine", "Mine"}) {
    static const char* s_name;
    s_name = name;
    EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.name = s_name; })) << name;
  }
  EXPECT_TRUE(WhyBadWith([](ProtocolInfo& info) { info.id = 0; }));
}

TEST(ProtocolMenu, EveryNameIsFound) {
  for (const ProtocolInfo* info : AllProtocols()) {
    const auto choice = ChooseProtocol(AllProtocols(), info->name);
    ASSERT_TRUE(choice) << info->name;
    EXPECT_EQ(choice->info, info);
    EXPECT_EQ(choice->parameter, info->default_parameter);
    EXPECT_NE(choice->protocol, nullptr);
    EXPECT_EQ(choice->Name(), info->name);
  }
}

TEST(ProtocolMenu, EveryNumberIsFound) {
  for (const ProtocolInfo* info : AllProtocols()) {
    const auto choice = ChooseProtocol(AllProtocols(), info->id, 17);
    ASSERT_TRUE(choice) << info->name;
    EXPECT_EQ(choice->info, info);
    EXPECT_EQ(choice->parameter, 17u);
  }
  EXPECT_FALSE(ChooseProtocol(AllProtocols(), std::uint8_t{0}, 0));
  EXPECT_FALSE(ChooseProtocol(AllProtocols(), std::uint8_t{255}, 0));
}

TEST(ProtocolMenu, Parameters) {
  EXPECT_EQ(NameOfChoice("usleep:200"), "usleep:200");
  EXPECT_EQ(NameOfChoice("usleep:0"), "usleep:0");
  EXPECT_EQ(NameOfChoice("usleep:4294967295"), "usleep:4294967295");
  EXPECT_EQ(NameOfChoice("usleep:100"), "usleep");  // the default needs no saying
  EXPECT_EQ(ChooseProtocol(AllProtocols(), "usleep:200")->parameter, 200u);
}

TEST(ProtocolMenu, WhatIsUnknownIsExplained) {
  const auto why = [](const char* text) {
    EXPECT_FALSE(ChooseProtocol(AllProtocols(), text)) << text;
    return WhyUnknown(AllProtocols(), text);
  };
  EXPECT_EQ(why("akc:5"), "unknown protocol \"akc:5\" (did you mean \"ack\"?)");
  EXPECT_EQ(why("telepathy"), "unknown protocol \"telepathy\"");
  EXPECT_EQ(why("ack:5"), "\"ack\" takes no parameter");
  EXPECT_EQ(why("auto:5"), "\"auto\" takes no parameter");
  for (const char* text : {"usleep:x", "usleep:", "usleep:-1", "usleep:4294967296", "usleep:5 "}) {
    EXPECT_EQ(why(text), fmt::format("\"{}\" is not 0 to 4294967295 microseconds", text + 7));
  }
}

TEST(ProtocolMenu, NamesParseBack) {
  for (const ProtocolInfo* info : AllProtocols()) {
    if (info->parameter_unit.empty()) continue;
    for (const std::uint32_t parameter : {0u, 1u, info->default_parameter, 4294967295u}) {
      const auto choice = ChooseProtocol(AllProtocols(), info->id, parameter);
      const auto again = ChooseProtocol(AllProtocols(), choice->Name());
      ASSERT_TRUE(again) << choice->Name();
      EXPECT_EQ(again->info, info);
      EXPECT_EQ(again->parameter, parameter);
    }
  }
}

TEST(ProtocolMenu, Malformed) {
  for (const char* text :
       {"",           ":",        "telepathy", "ACK",       "ack ",       " ack",
        "ac",         "ackk",     "ack:",      "ack:5",     "usleep:",    "usleep:-1",
        "usleep:1x",  "usleep:x", "usleep: 1", "usleep:+1", "usleep:1.5", "usleep:4294967296",
        "usleep:1:2", "auto:1",   ":5",        "auto "}) {
    EXPECT_EQ(NameOfChoice(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ProtocolMenu, AutoIsTheFirstLossFreeWithoutPayload) {
  const auto choice = ChooseProtocol(AllProtocols(), "auto");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->info->name, "lanes");
  for (const ProtocolInfo* info : AllProtocols()) {
    if (info == choice->info) break;
    EXPECT_TRUE(info->payload || !info->loss_free) << info->name;
  }
  EXPECT_FALSE(ChooseProtocol({}, "auto"));
}

TEST(Placement, NamesParseBack) {
  for (const WaitMode wait : {WaitMode::kAuto, WaitMode::kSpin, WaitMode::kSleep}) {
    EXPECT_EQ(ParseWaitMode(ToString(wait)), wait);
  }
  for (const Pin pin : {Pin::kNone, Pin::kSame, Pin::kCross})
    EXPECT_EQ(ParsePin(ToString(pin)), pin);
  EXPECT_FALSE(ParseWaitMode(""));
  EXPECT_FALSE(ParseWaitMode("Sleep"));
  EXPECT_FALSE(ParsePin("both"));
}

TEST(Placement, SeatsAndWaits) {
  const auto cpus = AllowedCpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_FALSE(ChooseCpus(Pin::kNone)->sender);
  EXPECT_EQ(ChooseCpus(Pin::kSame)->sender, cpus[0]);
  EXPECT_EQ(ChooseCpus(Pin::kSame)->receiver, cpus[0]);
  EXPECT_EQ(ChooseCpus(Pin::kCross).has_value(), cpus.size() > 1);
  if (cpus.size() > 1) {
    EXPECT_NE(ChooseCpus(Pin::kCross)->sender, ChooseCpus(Pin::kCross)->receiver);
    EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kNone), WaitMode::kSpin);
  } else {
    EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kNone), WaitMode::kSleep);
  }
  EXPECT_EQ(ResolveWait(WaitMode::kSpin, Pin::kSame), WaitMode::kSleep);
}

}  // namespace
}  // namespace minitalk
