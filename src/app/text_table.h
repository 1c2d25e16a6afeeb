// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trireme {

// Text for people in a terminal. A letter is one code point of UTF-8 here, as wide as any other.

// Rows of cells as lines, each column as wide as its widest cell; nothing behind the last cell.
std::vector<std::string> Aligned(const std::vector<std::vector<std::string>>& rows);

// A line that does not fit into `columns` ends in "..." there. 0: it always fits.
std::string CutToFit(std::string_view line, size_t columns);

}  // namespace trireme
