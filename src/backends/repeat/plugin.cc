// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include "backends/repeat/repeat_backend.h"

TRIREME_PLUGIN("repeat", &trireme::repeat::CreateBackend);
