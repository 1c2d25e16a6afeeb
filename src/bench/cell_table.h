// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trireme::bench {

// A table as rows of cells: the first row names the columns, the first column the rows.
using Cells = std::vector<std::string>;

// Columns under one another, as wide as their widest cell; the first is text, the others are numbers.
void AppendAligned(std::string& out, const std::vector<Cells>& rows);
void AppendMarkdownTable(std::string& out, const std::vector<Cells>& rows);
void AppendHtmlTable(std::string& out, const std::vector<Cells>& rows);

}  // namespace trireme::bench
