// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "protocols/sagemaker/services.h"

namespace trireme::sagemaker {

// What Amazon SageMaker asks of a container: /ping, /invocations, /execution-parameters and the multi-model contract.
// `services` must outlive it.
Dialect MakeDialect(const Services& services);

// The part of it that collides with no other dialect, /invocations, for listeners of several.
Dialect MakeInvocations(const Services& services);

}  // namespace trireme::sagemaker
