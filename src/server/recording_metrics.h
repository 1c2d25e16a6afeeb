// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "metrics/registry.h"
#include "recording/recorder.h"

namespace trireme {

// trireme_recorded_requests_total, trireme_recording_bytes and trireme_unrecorded_requests_total, by reason. Null:
// nothing is recorded, and nothing is shown. Both must outlive the handle.
[[nodiscard]] metrics::CallbackHandle ShowRecording(metrics::Registry& registry, const Recorder* recorder);

}  // namespace trireme
