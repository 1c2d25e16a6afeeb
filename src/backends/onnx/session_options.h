// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "backends/onnx/runtime.h"
#include "base/status.h"

namespace trireme::onnx {

// How every session is run: all graph optimisations, `threads` in one run, none of which spins while it waits, and the
// arena that all sessions share. `folder` is where a model that comes as bytes has its data files.
Result<Handle<OrtSessionOptions>> MakeSessionOptions(const OrtApi& api, int threads,
                                                     const std::filesystem::path& folder);

}  // namespace trireme::onnx
