// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/thread_pool.h"
#include "dialect/dialect.h"
#include "engine/engine.h"

namespace trireme::admin {

// What `trireme models` says to a running server, for a listener that its owner alone can reach: nothing here asks for
// a key. The messages are those of wire/admin.
//
//   GET  /admin/models   every version, and the memory of all
//   POST /admin/load     {"model":"resnet50"}; answered when it is done, as are the others:
//   POST /admin/unload, /admin/pin, /admin/unpin
//   POST /admin/label    {"model":"resnet50","label":"stable","version":3}; a version of null takes it away
//
// A POST is answered with what has become of the model. Errors are {"error":"..."}: 400 for a wrong request, 404 for a
// model, version or label that is not there, 503 for what cannot be done now, 507 where there is no room in memory.
//
// Both must outlive the routes; lists are written on the workers.
Dialect MakeDialect(Engine& engine, ThreadPool& workers);

}  // namespace trireme::admin
