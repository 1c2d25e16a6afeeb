// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "scheduler/testing/simulated_server.h"

// Models with run times as they were measured on two processors, and as a GPU has them; and the loads that a server is
// tried with.
namespace trireme::simulation {

struct MeasuredModel {
  std::string name;
  RunTimeCurve curve;
  int processors = 2;
  Duration goal{0};
  double peak = 0;      // rows a second that can be done at most
  bool is_gpu = false;  // a larger batch hardly takes longer
};

std::vector<MeasuredModel> MeasuredModels();

// The one of that name.
MeasuredModel Measured(std::string_view name);

// Rates of requests, of so many a second on the whole.
Rate Steady(double rate);
Rate Bursts(double rate);    // ten times as many for ten seconds of each minute
Rate Drifting(double rate);  // up and down by four fifths within two minutes

// What takes minutes happens in seconds: for short simulations.
Rate Faster(Rate rate, int times);

}  // namespace trireme::simulation
