// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/kserve/infer_services.h"
#include "protocols/sagemaker/services.h"

namespace trireme {

// What SageMaker's dialect uses, with KServe V2 behind it. `services` must outlive it.
sagemaker::Services MakeSagemakerServices(const kserve::InferServices& services, sagemaker::Options options);

}  // namespace trireme
