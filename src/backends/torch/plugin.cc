// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include "backends/torch/torch_backend.h"

TRIREME_PLUGIN("torch", &trireme::torch_backend::CreateBackend);
