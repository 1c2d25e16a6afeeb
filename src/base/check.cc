// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace trireme {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: cannot happen: %s is false\n", file, line, condition);
  std::abort();
}

}  // namespace trireme
