// SPDX-License-Identifier: Apache-2.0
#include "access/new_key.h"

#include <sys/random.h>

#include "base/check.h"
#include "codec/sha256.h"

namespace trireme {

std::string NewKey() {
  Digest random;
  CHECK(getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  return "trireme_" + ToHex(random);
}

}  // namespace trireme
