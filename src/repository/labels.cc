// SPDX-License-Identifier: Apache-2.0
#include "repository/labels.h"

namespace trireme {

ReadLabelsResult ReadLabels(const ModelEntry& /*entry*/, const Signature& /*signature*/) {
  return {};
}

}  // namespace trireme
