// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "wire/admin/listing.h"

namespace trireme {

// How each model that serves is run, and what decides it, as text for people. A pure function.
std::string ModelsWhy(const admin::Listing& listing);

}  // namespace trireme
