// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/status.h"
#include "model/signature.h"

namespace trireme::repeat {

// Where in a signature the inputs and outputs of a repeat model stand; -1: it has none of that name.
struct Places {
  int in = -1;     // any datatype [n]: one response for each element
  int delay = -1;  // UINT32 [n]: milliseconds that each response is waited for
  int wait = -1;   // UINT32 [1]: milliseconds that the run takes at least
  int out = -1;    // IN's datatype [1]
  int idx = -1;    // UINT32 [1]: which response it is, from 0
};

// IN and OUT must be there, the others may be. kInvalidArgument names the tensor, what was expected and what was found.
Result<Places> FindPlaces(const Signature& signature);

}  // namespace trireme::repeat
