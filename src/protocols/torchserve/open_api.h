// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "dialect/dialect.h"
#include "protocols/torchserve/services.h"

namespace trireme::torchserve {

// OPTIONS /: what a listener has, as an OpenAPI document made of its routes; `title` names it. Adds that route itself
// at the end. Needs no key, and names no model.
void AddListenerApi(std::vector<Route>& routes, const Services& services, const std::string& title);

// OPTIONS on the paths of one model: how to ask it. `pattern` has its {model}.
Route ModelApiRoute(const Services& services, std::string pattern);

}  // namespace trireme::torchserve
