// SPDX-License-Identifier: Apache-2.0
#include "tune/candidate.h"

#include "base/quantity.h"

namespace trireme::tune {

std::vector<Flag> FlagsOf(const Candidate& candidate, const std::string& slo) {
  std::vector<Flag> flags = {{"max-batch", std::to_string(candidate.max_batch)},
                             {"instances", std::to_string(candidate.callers)},
                             {"threads", std::to_string(candidate.threads)},
                             {"max-delay", FormatDuration(candidate.max_delay)}};
  if (!candidate.device.empty()) flags.push_back({"devices", candidate.device});
  if (!slo.empty()) flags.push_back({.name = "slo", .value = slo});
  return flags;
}

std::string ToText(const Candidate& candidate) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (candidate.is_automatic()) add("as the server decides");
  if (candidate.max_batch > 0) add("batch " + std::to_string(candidate.max_batch));
  if (candidate.callers > 0) add("callers " + std::to_string(candidate.callers));
  if (candidate.threads > 0) add("threads " + std::to_string(candidate.threads));
  if (candidate.max_delay.count() > 0) add("delay " + FormatDuration(candidate.max_delay));
  if (!candidate.device.empty()) add(candidate.device);
  if (candidate.precision != Precision::kFp32) add(std::string(onnxfile::Name(candidate.precision)));
  return text;
}

}  // namespace trireme::tune
