// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "tracing/tracer.h"
#include "wire/kserve/grpc_settings.h"

namespace trireme::kserve {

// Trace settings as clients say them ("Trace" extension), in Triton's words: trace_level is a list of OFF or
// TIMESTAMPS, all others are one text: trace_rate, trace_count and log_frequency numbers, trace_file always empty and
// trace_mode always "opentelemetry".
TraceSettingValues TellTraceSettings(const TraceSettings& settings);

// What the settings are after a change of those that `wanted` names. An empty list, which JSON says as null, takes a
// setting back to what it is in `otherwise`. kInvalidArgument: there is no such setting, or not of that value;
// kUnsupported: a file, another mode, or the contents of tensors.
Result<TraceSettings> ChangeTraceSettings(TraceSettings now, const TraceSettings& otherwise,
                                          const TraceSettingValues& wanted);

// Changes and shows the trace settings of the server and of its models, for every protocol. Thread-safe, as the tracer
// is; of two changes at the same moment one may not see the other.
class TraceControl {
 public:
  // The tracer must outlive it. What its settings are now is what they go back to.
  explicit TraceControl(Tracer& tracer) : tracer_(tracer), at_start_(tracer.settings({})) {}

  // `model` empty: of the server. That there is such a model is for the caller to check. The settings after the change.
  Result<TraceSettingValues> Change(const std::string& model, const TraceSettingValues& wanted) const;
  TraceSettingValues Show(const std::string& model) const { return TellTraceSettings(tracer_.settings(model)); }

 private:
  Tracer& tracer_;
  const TraceSettings at_start_;
};

}  // namespace trireme::kserve
