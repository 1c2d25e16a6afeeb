// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "app/options.h"
#include "app/settings.h"
#include "base/status.h"
#include "recording/recorder.h"

namespace trireme {

// The settings of `trireme serve` that say which requests are recorded; write to `flags`, which must outlive them.
std::vector<Setting> RecordingSettings(RecordFlags& flags);

// What says how, and not where: a mistake.
Status CheckRecording(const RecordFlags& flags);

// Nothing: no file was named.
std::optional<Recorder::Options> RecorderOptionsOf(const RecordFlags& flags);

}  // namespace trireme
