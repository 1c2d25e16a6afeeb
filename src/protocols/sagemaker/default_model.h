// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "access/authoriser.h"
#include "base/status.h"
#include "protocols/sagemaker/services.h"

namespace trireme::sagemaker {

// The model that requests without a name are for: the one that was named at the start, else the only one that the
// caller may see. kInvalidArgument: there are several; kUnavailable: there is none yet.
Result<std::string> DefaultModel(const Services& services, const Identity& identity);

}  // namespace trireme::sagemaker
