// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "backends/onnx/runtime.h"
#include "backends/onnx/session_settings.h"
#include "base/status.h"

namespace trireme::onnx {

// The settings in the runtime's words. Threads never spin between runs, and weights lie outside the arena, unless the
// settings say otherwise. `folder` is where a model that comes as bytes has its data files.
Result<Handle<OrtSessionOptions>> MakeSessionOptions(const OrtApi& api, const SessionSettings& settings,
                                                     const std::filesystem::path& folder);

// For every run of such a session. A run that fails tells its caller; the log would only repeat it, at a client's
// pleasure.
Result<Handle<OrtRunOptions>> MakeRunOptions(const OrtApi& api, const SessionSettings& settings);

}  // namespace trireme::onnx
