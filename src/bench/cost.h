// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace trireme::bench {

// What a million requests cost on a machine that costs so much an hour and answers so many a second; in the same
// currency. 0 if it answers none.
double CostPerMillion(double price_per_hour, double per_second);

// "1.2 an hour / (437.5 requests/s x 3600 s) x 1000000 requests = 0.7619": the formula with its numbers, for people.
std::string CostFormula(double price_per_hour, double per_second);

}  // namespace trireme::bench
