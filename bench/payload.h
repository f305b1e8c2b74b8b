// What the measured messages consist of. The content matters: run lengths win on zeros and lose on
// noise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace minitalk {

enum class Payload : std::uint8_t { kText, kRandom, kZeros, kUtf8 };
inline constexpr std::array kPayloads{Payload::kText, Payload::kRandom, Payload::kZeros,
                                      Payload::kUtf8};

std::string_view NameOf(Payload payload);

// The same bytes for the same arguments, on every machine.
std::vector<std::byte> MakePayload(Payload payload, std::size_t size, std::uint64_t seed);

}  // namespace minitalk
