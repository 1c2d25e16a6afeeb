// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/instruments.h"

namespace trireme::metrics {

// Name and value, in the order in which they are written.
using Labels = std::vector<std::pair<std::string, std::string>>;

// The Content-Type of what Registry::Expose() writes.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

// The pieces of the Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), each appending
// whole lines to `out`. Bytes that are not UTF-8 become U+FFFD.
void AppendHead(std::string& out, std::string_view name, std::string_view help, std::string_view type);
void AppendSample(std::string& out, std::string_view name, const Labels& labels, double value);
void AppendHistogram(std::string& out, std::string_view name, const Labels& labels, const Buckets& buckets,
                     const Histogram::Reading& reading);

// [a-zA-Z_:][a-zA-Z0-9_:]*, and the same without colons for labels; "__" begins names that Prometheus keeps for itself.
bool IsMetricName(std::string_view name);
bool IsLabelName(std::string_view name);

}  // namespace trireme::metrics
