// SPDX-License-Identifier: Apache-2.0
#include "server/recording_metrics.h"

#include <string>
#include <utility>
#include <vector>

namespace trireme {
namespace {

using metrics::FamilySamples;
using Kind = FamilySamples::Kind;

FamilySamples One(Kind kind, std::string name, std::string help, uint64_t value) {
  return {.family = {std::move(name), std::move(help)}, .kind = kind, .samples = {{{}, static_cast<double>(value)}}};
}

std::vector<FamilySamples> RecordingFamilies(const Recorder::Counts& counts) {
  FamilySamples left_out{.family = {"trireme_unrecorded_requests_total", "Requests that should have been recorded."},
                         .kind = Kind::kCounter,
                         .samples = {}};
  const auto add = [&left_out](const char* reason, uint64_t count) {
    left_out.samples.push_back({{{"reason", reason}}, static_cast<double>(count)});
  };
  add("too_many_waiting", counts.too_many);
  add("not_readable", counts.not_readable);
  add("recording_ended", counts.after_end);
  return {One(Kind::kCounter, "trireme_recorded_requests_total", "Requests that were recorded.", counts.recorded),
          One(Kind::kGauge, "trireme_recording_bytes", "Size of the file of recorded requests.", counts.bytes),
          std::move(left_out)};
}

}  // namespace

metrics::CallbackHandle ShowRecording(metrics::Registry& registry, const Recorder* recorder) {
  return registry.ReadFamilies([recorder] {
    return recorder == nullptr ? std::vector<FamilySamples>() : RecordingFamilies(recorder->counts());
  });
}

}  // namespace trireme
