// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "access/tenant_account.h"
#include "model/reply.h"
#include "model/stages.h"

namespace trireme {

// What a request took of its run, in seconds of one processor: of a batch's its rows' part. 0: it was not run.
double ProcessorSeconds(const Stages& stages, int64_t rows);

// A reply that does what `reply` does, and counts for the tenant what the request took.
Reply CountSpending(ProcessorShare share, int64_t rows, Reply reply);

}  // namespace trireme
