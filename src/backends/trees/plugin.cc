// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include "backends/trees/trees_backend.h"

TRIREME_PLUGIN("trees", &trireme::trees::CreateBackend);
