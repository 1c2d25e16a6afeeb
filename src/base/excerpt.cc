// SPDX-License-Identifier: Apache-2.0
#include "base/excerpt.h"

#include "base/utf8.h"

namespace trireme {

std::string Excerpt(std::string_view text, size_t most) {
  const std::string shown = "'" + std::string(CutUtf8(text, most));
  return text.size() <= most ? shown + "'" : shown + "...' (" + std::to_string(text.size()) + " bytes)";
}

}  // namespace trireme
