// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trireme::duck {

// 'it''s'
std::string Literal(std::string_view text);
// "a ""b"" c"
std::string Identifier(std::string_view name);
// The file of this name alone, where DuckDB takes names for patterns: 'rows[[]1].csv'
std::string FileLiteral(std::string_view path);
// ['a.csv', 'b.csv']
std::string FileList(const std::vector<std::string>& paths);

}  // namespace trireme::duck
