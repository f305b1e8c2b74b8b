// What a protocol is: it moves the bits of a byte sequence over a Link, nothing else. Framing,
// checksums, verdicts, resending, time limits and peer death belong to the core, so a protocol
// that loses bits still ends in "delivered whole" or "reported, not printed".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/wire/bits.h"
#include "core/wire/link.h"
#include "core/wire/rounds.h"

namespace minitalk {

// Configuration only: a transfer's state lives in the locals of Send and Receive, so one object
// serves any number of transfers. Both ends know the number of bits beforehand.
class Protocol {
 public:
  virtual ~Protocol() = default;

  // Sends all bits, most significant first. Returns when the protocol needs nothing more from the
  // peer, or when link.status() is no longer kOk.
  virtual void Send(Link& link, Bits bits) const = 0;

  // Fills `bits` in order, each once, and returns how many were filled: fewer than asked for if
  // the sender's turn ended early, that is, if bits were lost.
  virtual std::size_t Receive(Link& link, MutableBits bits) const = 0;
};

// One entry of the menu: everything that the programs, the bench and the tests know of a protocol.
struct ProtocolInfo {
  // On the wire, in the message header; never reused. 1 to 127 are this project's, from 128 on they
  // are for protocols outside of it.
  std::uint8_t id;
  std::string_view name;      // on the command line; `name:parameter` where there is one
  std::string_view summary;   // one clause for --list-protocols
  bool loss_free;             // at most one signal under way per slot
  bool private_lane = false;  // its body uses tgkill's slots too
  bool threads = false;       // its signals go to threads of the receiver's, too
  std::uint64_t together_from = ~std::uint64_t{0};  // bytes from which it is fastest with both ends
                                                    // on one CPU, whatever else runs
  bool payload = false;                             // its signals carry more than their number
  bool timed = false;                    // the moment counts: both ends must run at the same time
  Rounds rounds = {};                    // from which its bounds follow; none where it never waits
  std::string_view parameter_unit = {};  // empty: takes no parameter
  std::uint32_t default_parameter = 0;
  std::span<const std::uint32_t> sweep = {};  // the parameters that a picture of it needs
  std::unique_ptr<Protocol> (*make)(std::uint32_t parameter);
};

// What carries its bits: "payload", "pending-set" (numbers, in both lanes) or "signal-number".
std::string_view KindOf(const ProtocolInfo& info);

// What to put for `make`: the class is constructed with the parameter if it wants one.
template <typename Kind>
std::unique_ptr<Protocol> Make(std::uint32_t parameter) {
  if constexpr (std::is_constructible_v<Kind, std::uint32_t>) {
    return std::make_unique<Kind>(parameter);
  } else {
    return std::make_unique<Kind>();
  }
}

using ProtocolMenu = std::span<const ProtocolInfo* const>;

// What is wrong with a menu, in a sentence: a name or number twice, one that could not be
// distinguished from another; nothing: it is good.
std::optional<std::string> WhyBad(ProtocolMenu menu);

// Of its entries, in their order.
std::vector<std::string_view> NamesOf(ProtocolMenu menu);

// A protocol with its parameter, as chosen by a person or by a header on the wire.
struct ProtocolChoice {
  const ProtocolInfo* info;
  std::uint32_t parameter;
  std::unique_ptr<const Protocol> protocol;

  // "ack", "usleep:200": parses back to the same choice.
  std::string Name() const;
};

// By name, `auto` (the menu's first loss-free entry without payload) included. Nothing: unknown
// name, or a parameter that is malformed or not wanted.
std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::string_view text);

// Why ChooseProtocol() has nothing for `text`, in a clause that says what was probably meant.
std::string WhyUnknown(ProtocolMenu menu, std::string_view text);

// By its number on the wire. Nothing: unknown.
std::optional<ProtocolChoice> ChooseProtocol(ProtocolMenu menu, std::uint8_t id,
                                             std::uint32_t parameter);

}  // namespace minitalk
