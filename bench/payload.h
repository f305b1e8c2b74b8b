// What the measured messages consist of. The content matters: run lengths win on zeros and lose on
// noise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace minitalk {

// What messages consist of.
enum class PayloadKind : std::uint8_t { kText, kRandom, kZeros, kOnes, kUtf8 };
inline constexpr std::array kPayloads{PayloadKind::kText, PayloadKind::kRandom, PayloadKind::kZeros,
                                      PayloadKind::kOnes, PayloadKind::kUtf8};

// As in a row's name.
std::string_view ToString(PayloadKind payload);

// The same bytes for the same arguments, on every machine.
std::vector<std::byte> MakePayload(PayloadKind payload, std::size_t size, std::uint64_t seed);

}  // namespace minitalk
