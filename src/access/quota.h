// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme {

// How much a tenant may ask for, of whatever models.
struct Quota {
  std::optional<double> requests_per_second;  // 0: none at all; else 1e-6 to 1e9
  std::optional<double> processors;           // that his runs keep busy on average: 0, or 1e-6 to 1e6

  bool operator==(const Quota&) const = default;
};

// "100/s", "0.5cpu", or both with a comma between them. kInvalidArgument says what was expected and found; whoever
// knows where the text came from puts that in front.
Result<Quota> ParseQuota(std::string_view text);

// "100/s" and "0.5cpu", as they are parsed.
std::string RequestsText(double requests_per_second);
std::string ProcessorsText(double processors);

}  // namespace trireme
