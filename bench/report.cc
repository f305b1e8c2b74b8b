#include "bench/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/statistics.h"
#include "core/wire/bits.h"

namespace minitalk {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNsPerSecond = 1e9;

double Ratio(double dividend, double divisor) { return divisor > 0 ? dividend / divisor : 0; }

double BytesPerSecond(const Sample& sample) {
  return Ratio(static_cast<double>(sample.correct_bytes), sample.elapsed_ns / kNsPerSecond);
}

double BitsPerFloorRound(const Sample& sample) {
  return BytesPerSecond(sample) * kBitsPerByte * sample.FloorNs() / kNsPerSecond;
}

// A message's time, the reference pair's being 1.
double RelativeTime(const Sample& sample) {
  return Ratio(MedianLatencyNs(sample), sample.reference_ns);
}

std::uint64_t MissingBits(const Sample& sample) {
  return sample.bits_sent - std::min(sample.bits_sent, sample.bits_received);
}

// The figures that are sums over all measured repetitions.
struct Totals {
  explicit Totals(const std::vector<Sample>& samples) {
    for (const Sample& sample : samples) {
      if (!sample.measured) {
        ++lost_repetitions;
        continue;
      }
      messages += sample.messages;
      messages_failed += sample.messages_failed;
      bits_sent += sample.bits_sent;
      missing_bits += MissingBits(sample);
      bits_wrong += sample.bits_wrong;
      correct_bytes += sample.correct_bytes;
      to_receiver += sample.signals_to_receiver;
      to_sender += sample.signals_to_sender;
      cpu_ns += sample.sender_cpu_ns + sample.receiver_cpu_ns;
    }
  }
  std::uint64_t lost_repetitions = 0;
  std::uint64_t messages = 0;
  std::uint64_t messages_failed = 0;
  std::uint64_t bits_sent = 0;
  std::uint64_t missing_bits = 0;
  std::uint64_t bits_wrong = 0;
  std::uint64_t correct_bytes = 0;
  std::uint64_t to_receiver = 0;
  std::uint64_t to_sender = 0;
  double cpu_ns = 0;
};

// The median of a figure over the repetitions that were measured; null if none was.
Json MedianOf(const std::vector<Sample>& samples, double (*figure)(const Sample&)) {
  std::vector<double> values;
  for (const Sample& sample : samples) {
    if (sample.measured) values.push_back(figure(sample));
  }
  return values.empty() ? Json(nullptr) : Json(Median(std::move(values)));
}

Json OrNull(bool exists, double value) { return exists ? Json(value) : Json(nullptr); }

std::vector<double> Latencies(const std::vector<Sample>& samples) {
  std::vector<double> all;
  for (const Sample& sample : samples) {
    if (!sample.measured) continue;
    all.insert(all.end(), sample.latency_ns.begin(), sample.latency_ns.begin() + sample.messages);
  }
  return all;
}

Json PercentileOf(const std::vector<double>& values, double percent) {
  const auto value = Percentile(values, percent);
  return value ? Json(*value) : Json(nullptr);
}

// How an end's part ended; what an external one did wrong, in words.
std::string_view Told(Status status, const Line& trouble) {
  return trouble.empty() ? ToString(status) : trouble.view();
}

Json DescribeSample(const Sample& sample, int run_order, bool external) {
  // What is not seen from outside.
  const auto inner = [external](std::uint64_t count) {
    return external ? Json(nullptr) : Json(count);
  };
  const bool delivered = sample.session_status == Status::kOk && sample.session_exact;
  return {{"run_order", run_order},
          {"measured", sample.measured},
          {"sender_status", Told(sample.sender_status, sample.sender_trouble)},
          {"receiver_status", Told(sample.receiver_status, sample.receiver_trouble)},
          {"messages", sample.messages},
          {"messages_failed", sample.messages_failed},
          {"bits_sent", sample.bits_sent},
          {"bits_received", sample.bits_received},
          {"bits_wrong", inner(sample.bits_wrong)},
          {"correct_bytes", sample.correct_bytes},
          {"elapsed_ns", sample.elapsed_ns},
          {"signals_to_receiver", inner(sample.signals_to_receiver)},
          {"signals_to_sender", inner(sample.signals_to_sender)},
          {"sender_cpu_ns", sample.sender_cpu_ns},
          {"receiver_cpu_ns", sample.receiver_cpu_ns},
          {"floor_before_ns", sample.floor_before_ns},
          {"floor_after_ns", sample.floor_after_ns},
          {"send_ns", sample.send_ns},
          {"take_ns", sample.take_ns},
          {"payload_send_ns", sample.payload_send_ns},
          {"reference_ns", OrNull(sample.reference_ns > 0, sample.reference_ns)},
          {"bytes_per_second", BytesPerSecond(sample)},
          {"session_delivered", delivered},
          {"session_status", ToString(sample.session_status)},
          {"session_seconds", sample.session_seconds},
          {"session_retries", sample.session_retries}};
}

// What a user gets: the message through the session, resent until whole, or refused.
void DescribeSession(const Row& row, bool has_session, Json* entry) {
  if (!has_session) {
    for (const char* key : {"bytes_per_second", "delivered", "refused", "wrong", "retries"}) {
      (*entry)[fmt::format("session_{}", key)] = nullptr;
    }
    return;
  }
  std::vector<double> rates;
  std::uint64_t retries = 0;
  std::uint64_t wrong = 0;
  for (const Sample& sample : row.samples) {
    if (!sample.measured) continue;
    retries += sample.session_retries;
    if (sample.session_status != Status::kOk) {
      rates.push_back(0);
    } else if (!sample.session_exact) {
      ++wrong;
    } else {
      rates.push_back(Ratio(static_cast<double>(row.condition.size_bytes), sample.session_seconds));
    }
  }
  const auto refused = std::ranges::count(rates, 0.0);
  (*entry)["session_bytes_per_second"] = rates.empty() ? Json(nullptr) : Json(Median(rates));
  (*entry)["session_delivered"] = static_cast<std::int64_t>(rates.size()) - refused;
  (*entry)["session_refused"] = refused;
  (*entry)["session_wrong"] = wrong;
  (*entry)["session_retries"] = retries;
}

// Where a protocol's information lies, or what else the row is of.
std::string_view KindOf(const Condition& condition, const ProtocolInfo* info) {
  if (condition.protocol == kProgram) return kProgram;
  if (condition.external()) return "external";
  return info == nullptr ? "carrier" : KindOf(*info);
}

// What went wrong beyond lost messages; empty: nothing.
std::string ErrorMessage(const Row& row, std::uint64_t lost_repetitions) {
  std::vector<std::string> parts;
  if (lost_repetitions > 0) {
    parts.push_back(fmt::format("{} of {} repetitions failed or ran into their time limit",
                                lost_repetitions, row.samples.size()));
  }
  for (const auto trouble : {&Sample::receiver_trouble, &Sample::sender_trouble}) {
    const auto troubled = [&](const Sample& sample) { return !(sample.*trouble).empty(); };
    const auto first = std::ranges::find_if(row.samples, troubled);
    if (first == row.samples.end()) continue;
    parts.push_back(fmt::format("{} ({} of {})", ((*first).*trouble).view(),
                                std::ranges::count_if(row.samples, troubled), row.samples.size()));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

Json GoogleKeys(const Row& row, const Totals& totals) {
  const auto message_ns = [](const Sample& sample) {
    return sample.elapsed_ns / std::max<std::uint32_t>(sample.messages, 1);
  };
  const auto cpu_ns = [](const Sample& sample) {
    return (sample.sender_cpu_ns + sample.receiver_cpu_ns) /
           std::max<std::uint32_t>(sample.messages, 1);
  };
  const std::string name = row.condition.Name();
  Json entry = {{"name", name},
                {"run_name", name},
                {"run_type", "iteration"},
                {"repetitions", row.samples.size()},
                {"repetition_index", 0},
                {"threads", 1},
                {"iterations", totals.messages},
                {"real_time", MedianOf(row.samples, message_ns)},
                {"cpu_time", MedianOf(row.samples, cpu_ns)},
                {"time_unit", "ns"}};
  for (const char* time : {"real_time", "cpu_time"}) {
    if (entry[time].is_null()) entry[time] = 0;
  }
  const std::string error = ErrorMessage(row, totals.lost_repetitions);
  if (!error.empty()) {
    entry["error_occurred"] = totals.lost_repetitions == row.samples.size();
    entry["error_message"] = error;
  }
  return entry;
}

// What the row is a measurement of. No choice: by a carrier or an external pair.
void DescribeCondition(const Row& row, const std::optional<ProtocolChoice>& choice, Json* entry) {
  const ProtocolInfo* info = choice ? choice->info : nullptr;
  (*entry)["protocol"] = row.condition.protocol;
  (*entry)["parameter"] =
      choice && !info->parameter_unit.empty() ? Json(choice->parameter) : nullptr;
  (*entry)["kind"] = KindOf(row.condition, info);
  (*entry)["size_bytes"] = row.condition.size_bytes;
  (*entry)["payload"] = ToString(row.condition.payload);
  (*entry)["pin"] = ToString(row.condition.pin);
  (*entry)["wait"] = row.condition.WaitName();
  (*entry)["load"] = row.load;
}

// What became of its messages and their bits.
void DescribeMessages(const Row& row, const Totals& totals, Json* entry) {
  const Json goodput = MedianOf(row.samples, BytesPerSecond);
  (*entry)["bytes_per_second"] = goodput.is_null() ? Json(0.0) : goodput;
  const auto sent = static_cast<double>(totals.bits_sent);
  (*entry)["bit_loss"] =
      OrNull(totals.bits_sent > 0, Ratio(static_cast<double>(totals.missing_bits), sent));
  // Of an external pair's lost message only the beginning can be told from outside.
  const bool bits_seen = totals.bits_sent > 0 && !row.condition.external();
  (*entry)["bit_errors"] = OrNull(bits_seen, Ratio(static_cast<double>(totals.bits_wrong), sent));
  (*entry)["messages"] = totals.messages;
  (*entry)["messages_failed"] = totals.messages_failed;
}

// How many signals and rounds that took.
void DescribeSignals(const Totals& totals, const ProtocolInfo* info, Json* entry) {
  const auto sent = static_cast<double>(totals.bits_sent);
  const auto signals = static_cast<double>(totals.to_receiver + totals.to_sender);
  (*entry)["signals_per_byte"] =
      OrNull(totals.bits_sent > 0 && info != nullptr, Ratio(signals, sent / kBitsPerByte));
  (*entry)["bits_per_round"] =
      OrNull(totals.to_sender > 0, Ratio(sent, static_cast<double>(totals.to_sender)));
}

// What a protocol could reach, at the costs that were measured beside it. `info`: null for what is
// no protocol.
void DescribeBounds(const Row& row, const ProtocolInfo* info, Json* entry) {
  const auto put = [entry](const char* key, Rate rate) {
    (*entry)[fmt::format("{}_max", key)] = OrNull(rate.most > 0, rate.most);
    (*entry)[fmt::format("{}_random", key)] = OrNull(rate.random > 0, rate.random);
  };
  const auto median = [&row](double (*figure)(const Sample&)) {
    const Json value = MedianOf(row.samples, figure);
    return value.is_null() ? 0.0 : value.get<double>();
  };
  const SignalCosts costs{
      .send_ns = median([](const Sample& sample) { return sample.send_ns; }),
      .take_ns = median([](const Sample& sample) { return sample.take_ns; }),
      .floor_round_ns = median([](const Sample& sample) { return sample.FloorNs(); }),
      .one_cpu = row.condition.pin == Pin::kSame};
  const bool measured = costs.send_ns > 0;
  (*entry)["send_ns"] = OrNull(measured, costs.send_ns);
  (*entry)["take_ns"] = OrNull(measured, costs.take_ns);
  (*entry)["wake_up_ns"] = OrNull(measured, WakeUpNs(costs));
  const Rounds rounds = info == nullptr ? Rounds{} : info->rounds;
  put("bits_per_round", BitsPerRound(rounds));
  put("bits_per_microsecond", measured ? BitsPerMicrosecond(rounds, costs) : Rate{});
}

}  // namespace

Json DescribeRow(const Row& row, ProtocolMenu menu) {
  const Totals totals(row.samples);
  const auto choice = ChooseProtocol(menu, row.condition.protocol);
  const ProtocolInfo* info = choice ? choice->info : nullptr;  // null: a carrier or external
  const auto latencies = Latencies(row.samples);
  Json entry = GoogleKeys(row, totals);
  DescribeCondition(row, choice, &entry);
  DescribeMessages(row, totals, &entry);
  DescribeSignals(totals, info, &entry);
  DescribeBounds(row, info, &entry);
  entry["floor_round_trip_ns"] =
      MedianOf(row.samples, [](const Sample& sample) { return sample.FloorNs(); });
  entry["payload_send_ns"] =
      info != nullptr && info->payload
          ? MedianOf(row.samples, [](const Sample& sample) { return sample.payload_send_ns; })
          : Json(nullptr);
  entry["bits_per_floor_round"] = MedianOf(row.samples, BitsPerFloorRound);
  entry["relative_time"] =
      row.condition.protocol == kProgram ? MedianOf(row.samples, RelativeTime) : Json(nullptr);
  entry["cpu_seconds_per_megabyte"] =
      OrNull(totals.correct_bytes > 0,
             Ratio(totals.cpu_ns / kNsPerSecond, static_cast<double>(totals.correct_bytes) / 1e6));
  entry["latency_ns_p50"] = PercentileOf(latencies, 50);
  entry["latency_ns_p99"] = PercentileOf(latencies, 99);
  DescribeSession(row, info != nullptr, &entry);
  entry["samples"] = Json::array();
  for (std::size_t i = 0; i < row.samples.size(); ++i) {
    entry["samples"].push_back(
        DescribeSample(row.samples[i], row.run_order[i], row.condition.external()));
  }
  return entry;
}

Json MakeDocument(const Json& google, const Json& context, const std::vector<Warning>& warnings,
                  const std::vector<Json>& rows) {
  Json document = google;
  document["context"].update(context);
  // As text, which older readers know, and once more for programs.
  document["context"]["warnings"] = Json::array();
  document["context"]["warning_details"] = Json::array();
  for (const Warning& warning : warnings) {
    document["context"]["warnings"].push_back(warning.text);
    document["context"]["warning_details"].push_back(ToJson(warning));
  }
  document["benchmarks"] = rows;
  return document;
}

std::string HumanRate(double bytes_per_second) {
  if (bytes_per_second >= 1e9) return fmt::format("{:.2f} GB/s", bytes_per_second / 1e9);
  if (bytes_per_second >= 1e6) return fmt::format("{:.2f} MB/s", bytes_per_second / 1e6);
  if (bytes_per_second >= 1e3) return fmt::format("{:.2f} kB/s", bytes_per_second / 1e3);
  return fmt::format("{:.0f} B/s", bytes_per_second);
}

}  // namespace minitalk
