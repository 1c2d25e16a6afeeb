// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "onnxfile/precision.h"

namespace trireme::tune {

using onnxfile::Precision;

// Settings of `trireme serve` that are tried. Zero, or no text: the server finds out.
struct Candidate {
  int64_t max_batch = 0;                   // rows
  int callers = 0;                         // instances
  int threads = 0;                         // of each run
  std::chrono::microseconds max_delay{0};  // 0 is 0: nobody waits for company
  std::string device;                      // "cpu", "cuda:0"; empty: any
  Precision precision = Precision::kFp32;

  bool operator==(const Candidate&) const = default;

  // Whether the server decides how the model is run.
  bool is_automatic() const { return max_batch == 0 && callers == 0 && threads == 0 && max_delay.count() == 0; }
};

// A setting by its flag, without dashes, and its value.
struct Flag {
  std::string name;
  std::string value;
};

// Those that make a server run models so, the same whatever its environment says. `slo`: a value of --slo; empty: it is
// not told any.
std::vector<Flag> FlagsOf(const Candidate& candidate, const std::string& slo = {});

// For people: "batch 8, callers 2, threads 1, int8", "as the server decides".
std::string ToText(const Candidate& candidate);

}  // namespace trireme::tune
