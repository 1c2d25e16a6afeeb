// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include "backends/onnx/onnx_backend.h"

TRIREME_PLUGIN("onnx", &trireme::onnx::CreateBackend);
