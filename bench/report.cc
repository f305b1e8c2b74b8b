#include "bench/report.h"

#include <fmt/format.h>

#include <algorithm>

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
std::string_view ReportStatus(Status status, const Line& trouble) {
  return trouble.empty() ? ToString(status) : trouble.view();
}

Json DescribeSample(const Sample& sample, int run_order, bool external) {
  // What is not seen from outside.
  const auto inner = [external](std::uint64_t count) {
    return external ? Json(nullptr) : Json(count);
  };
  return {{"run_order", run_order},
          {"measured", sample.measured},
          {"sender_status", ReportStatus(sample.sender_status, sample.sender_trouble)},
          {"receiver_status", ReportStatus(sample.receiver_status, sample.receiver_trouble)},
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
          {"session_delivered", sample.SessionDelivered()},
          {"session_status", ToString(sample.session_status)},
          {"session_seconds", sample.session_seconds},
          {"session_retries", sample.session_retries}};
}

// What a user gets: the message through the session, resent until whole, or refused.
Json DescribeSession(const Row& row, bool has_session) {
  std::vector<double> rates;  // of what was not wrong
  std::uint64_t delivered = 0;
  std::uint64_t refused = 0;
  std::uint64_t wrong = 0;
  std::uint64_t retries = 0;
  for (const Sample& sample : row.samples) {
    if (!sample.measured) continue;
    retries += sample.session_retries;
    ++(sample.SessionDelivered() ? delivered : sample.SessionRefused() ? refused : wrong);
    if (sample.SessionRefused()) rates.push_back(0);
    if (!sample.SessionDelivered()) continue;
    rates.push_back(Ratio(static_cast<double>(row.condition.size_bytes), sample.session_seconds));
  }
  Json session = {{"session_bytes_per_second", rates.empty() ? Json(nullptr) : Json(Median(rates))},
                  {"session_delivered", delivered},
                  {"session_refused", refused},
                  {"session_wrong", wrong},
                  {"session_retries", retries}};
  if (has_session) return session;
  for (Json& figure : session) figure = nullptr;
  return session;
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
  const auto elapsed_ns = [](const Sample& sample) {
    return sample.elapsed_ns / std::max<std::uint32_t>(sample.messages, 1);
  };
  const auto cpu_ns = [](const Sample& sample) {
    return (sample.sender_cpu_ns + sample.receiver_cpu_ns) /
           std::max<std::uint32_t>(sample.messages, 1);
  };
  const bool measured = totals.lost_repetitions < row.samples.size();
  const std::string name = row.condition.Name();
  Json entry = {{"name", name},
                {"run_name", name},
                {"run_type", "iteration"},
                {"repetitions", row.samples.size()},
                {"repetition_index", 0},
                {"threads", 1},
                {"iterations", totals.messages},
                {"real_time", measured ? MedianOf(row.samples, elapsed_ns) : Json(0)},
                {"cpu_time", measured ? MedianOf(row.samples, cpu_ns) : Json(0)},
                {"time_unit", "ns"}};
  const std::string error = ErrorMessage(row, totals.lost_repetitions);
  if (!error.empty()) entry.update({{"error_occurred", !measured}, {"error_message", error}});
  return entry;
}

// What the row is a measurement of. No choice: by a carrier or an external pair.
Json DescribeCondition(const Row& row, const std::optional<ProtocolChoice>& choice) {
  const ProtocolInfo* info = choice ? choice->info : nullptr;
  const bool has_parameter = info != nullptr && !info->parameter_unit.empty();
  return {{"protocol", row.condition.protocol},
          {"parameter", has_parameter ? Json(choice->parameter) : Json(nullptr)},
          {"kind", KindOf(row.condition, info)},
          {"size_bytes", row.condition.size_bytes},
          {"payload", ToString(row.condition.payload)},
          {"pin", ToString(row.condition.pin)},
          {"wait", row.condition.WaitName()},
          {"load", row.load}};
}

// What became of its messages and their bits, and how many signals and rounds that took.
Json DescribeMessages(const Row& row, const Totals& totals, const ProtocolInfo* info) {
  const Json goodput = MedianOf(row.samples, BytesPerSecond);
  const auto sent = static_cast<double>(totals.bits_sent);
  const auto signals = static_cast<double>(totals.to_receiver + totals.to_sender);
  const bool has_bits = totals.bits_sent > 0;
  // Of an external pair's lost message only the beginning can be seen from outside.
  const bool bits_seen = has_bits && !row.condition.external();
  const auto share = [&](std::uint64_t bits) { return Ratio(static_cast<double>(bits), sent); };
  return {{"bytes_per_second", goodput.is_null() ? Json(0.0) : goodput},
          {"bit_loss", OrNull(has_bits, share(totals.missing_bits))},
          {"bit_errors", OrNull(bits_seen, share(totals.bits_wrong))},
          {"messages", totals.messages},
          {"messages_failed", totals.messages_failed},
          {"signals_per_byte",
           OrNull(has_bits && info != nullptr, Ratio(signals, sent / kBitsPerByte))},
          {"bits_per_round",
           OrNull(totals.to_sender > 0, Ratio(sent, static_cast<double>(totals.to_sender)))}};
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

// How long things took, in ns and in rounds of the floor.
Json DescribeTimes(const Row& row, const Totals& totals, const ProtocolInfo* info) {
  const auto latencies = Latencies(row.samples);
  const auto floor_ns = [](const Sample& sample) { return sample.FloorNs(); };
  const auto payload_ns = [](const Sample& sample) { return sample.payload_send_ns; };
  const bool has_payload = info != nullptr && info->payload;
  const double megabytes = static_cast<double>(totals.correct_bytes) / 1e6;
  return {{"floor_round_trip_ns", MedianOf(row.samples, floor_ns)},
          {"payload_send_ns", has_payload ? MedianOf(row.samples, payload_ns) : Json(nullptr)},
          {"bits_per_floor_round", MedianOf(row.samples, BitsPerFloorRound)},
          {"relative_time", row.condition.protocol == kProgram ? MedianOf(row.samples, RelativeTime)
                                                               : Json(nullptr)},
          {"cpu_seconds_per_megabyte",
           OrNull(megabytes > 0, Ratio(totals.cpu_ns / kNsPerSecond, megabytes))},
          {"latency_ns_p50", PercentileOf(latencies, 50)},
          {"latency_ns_p99", PercentileOf(latencies, 99)}};
}

}  // namespace

Json DescribeRow(const Row& row, ProtocolMenu menu) {
  const Totals totals(row.samples);
  const auto choice = ChooseProtocol(menu, row.condition.protocol);
  const ProtocolInfo* info = choice ? choice->info : nullptr;  // null: a carrier or external
  Json entry = GoogleKeys(row, totals);
  entry.update(DescribeCondition(row, choice));
  entry.update(DescribeMessages(row, totals, info));
  DescribeBounds(row, info, &entry);
  entry.update(DescribeTimes(row, totals, info));
  entry.update(DescribeSession(row, info != nullptr));
  entry["samples"] = Json::array();
  for (std::size_t i = 0; i < row.samples.size(); ++i) {
    entry["samples"].push_back(
        DescribeSample(row.samples[i], row.run_order[i], row.condition.external()));
  }
  return entry;
}

double MedianLatencyNs(const Sample& sample) {
  if (sample.messages == 0) return 0;
  const auto begin = sample.latency_ns.begin();
  return Median(std::vector<double>(begin, begin + sample.messages));
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

}  // namespace minitalk
