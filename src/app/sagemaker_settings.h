// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// Which dialects are spoken. Before the settings of their listeners, which may say otherwise.
Setting DialectsSetting(ServeOptions& options);

// SageMaker's listener and what is asked of it; Triton's names where it has them.
std::vector<Setting> SagemakerSettings(SagemakerFlags& flags);

// kInvalidArgument: another port than SageMaker's lies outside of the range that the platform leaves to others.
Status CheckSagemaker(const ServeOptions& options);

}  // namespace trireme
