// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dialect/dialect.h"
#include "engine/engine.h"

namespace trireme {

// The probes of Kubernetes, in the words of its own servers; text for people says why not.
//
//   GET /livez     200 as long as the server answers at all
//   GET /readyz    200, or 503: requests should not come here (Engine::Ready)
//   GET /startupz  200 once it was ready for the first time, and from then on
//
// They need no key. `names_models` says whether a reason may name models; where keys are asked for, those who have none
// are not to learn which there are. `engine` must outlive the routes.
Dialect MakeProbeDialect(const Engine& engine, bool names_models);

}  // namespace trireme
