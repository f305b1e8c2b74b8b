// One repetition: a fresh pair of forked processes, placed as declared, warmed up, measured, every
// byte verified, and ended by force if it takes too long.
//
// In the pair: floor, messages through the bare protocol (loss, latency, goodput), floor again,
// then one message through the session (what a user gets: resent until whole, or refused).
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "bench/condition.h"
#include "core/wire/status.h"

namespace minitalk {

inline constexpr std::size_t kMostMessages = 1024;

// A line of text as plain data; what is too long is cut.
struct Line {
  std::array<char, 200> text = {};  // ends with a zero

  void Set(std::string_view words) {
    text = {};
    std::ranges::copy(words.substr(0, text.size() - 1), text.begin());
  }
  bool empty() const { return text[0] == '\0'; }
  std::string_view view() const { return text.data(); }
};

// The raw figures of one repetition. Plain data: the pair fills it in shared memory.
struct Sample {
  bool measured = false;  // false: it was ended by force, or a side failed
  Status sender_status = Status::kOk;
  Status receiver_status = Status::kOk;

  // What that end did wrong, first, where a status does not say it; empty: nothing.
  Line sender_trouble;
  Line receiver_trouble;

  // Through the bare protocol, without retry.
  std::uint32_t messages = 0;
  std::uint32_t messages_failed = 0;
  std::uint64_t bits_sent = 0;
  std::uint64_t bits_received = 0;
  std::uint64_t bits_wrong = 0;     // of messages of which every bit arrived
  std::uint64_t correct_bytes = 0;  // of a damaged message: those before its first wrong one
  double elapsed_ns = 0;            // start to verdict, summed over the messages
  std::uint64_t signals_to_receiver = 0;
  std::uint64_t signals_to_sender = 0;  // each ends a round trip
  double sender_cpu_ns = 0;
  double receiver_cpu_ns = 0;
  std::array<float, kMostMessages> latency_ns = {};

  // A raw ping-pong of the same pair, before and after the messages.
  double floor_before_ns = 0;
  double floor_after_ns = 0;
  double send_ns = 0;          // alone, as the protocol sends, payload or not; 0: not measured
  double take_ns = 0;          // the same
  double payload_send_ns = 0;  // one call that sends 40 bytes; 0: not measured

  // Of the reference pair, a message, alternately with the messages above; 0: it was not measured.
  double reference_ns = 0;

  // Through the session: a message of the same size.
  Status session_status = Status::kOk;
  bool session_exact = false;
  double session_seconds = 0;
  std::uint64_t session_retries = 0;

  double FloorNs() const { return (floor_before_ns + floor_after_ns) / 2; }
  bool SessionRefused() const { return session_status != Status::kOk; }
  bool SessionDelivered() const { return !SessionRefused() && session_exact; }
};

// How long a repetition lasts.
struct TrialLimits {
  std::chrono::milliseconds messages{100};  // its messages together; at least one is sent
  std::chrono::milliseconds hard{20'000};   // the timeout of the whole, after which it is killed
};

// Blocks until the pair has ended. Never throws on a failed trial: the sample says so.
Sample RunTrial(const Condition& condition, ProtocolMenu menu, std::uint64_t seed,
                const TrialLimits& limits);

// The floor of a condition alone: the mean round trip in ns; 0: it was not measured within the hard
// limit. Blocks.
double MeasureFloor(const Condition& condition, const TrialLimits& limits);

}  // namespace minitalk
