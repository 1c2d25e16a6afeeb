// SPDX-License-Identifier: Apache-2.0
#include "bench/cost.h"

#include "bench/report_text.h"

namespace trireme::bench {

double CostPerMillion(double price_per_hour, double per_second) {
  constexpr double kSecondsPerHour = 3600;
  constexpr double kMillion = 1e6;
  return per_second > 0 ? price_per_hour / (per_second * kSecondsPerHour) * kMillion : 0;
}

std::string CostFormula(double price_per_hour, double per_second) {
  return Short(price_per_hour) + " an hour / (" + Short(per_second) +
         " requests/s x 3600 s) x 1000000 requests = " + Short(CostPerMillion(price_per_hour, per_second));
}

}  // namespace trireme::bench
