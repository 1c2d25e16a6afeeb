// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "metrics/registry.h"
#include "scheduler/line_planner.h"

// What a model's line goes by, as metrics.
namespace trireme::line_series {

// trireme_predicted_late_total and trireme_late_total.
std::shared_ptr<metrics::Counter> PredictedLate(metrics::Registry& registry, const metrics::Labels& labels);
std::shared_ptr<metrics::Counter> Late(metrics::Registry& registry, const metrics::Labels& labels);

// trireme_run_seconds by rows and threads (of the sizes that ran most, a dozen of them), and what the line has chosen.
// What belongs to a goal is shown of models with one alone.
std::vector<metrics::FamilySamples> Families(const metrics::Labels& labels, const LinePlanner::Account& account);

}  // namespace trireme::line_series
