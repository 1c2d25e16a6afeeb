// SPDX-License-Identifier: Apache-2.0
#include "backend/plugin.h"

#include "backends/tensorflow/tensorflow_backend.h"

TRIREME_PLUGIN("tensorflow", &trireme::tensorflow::CreateBackend);
