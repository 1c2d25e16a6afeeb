// SPDX-License-Identifier: Apache-2.0
#include "app/text_table.h"

#include <algorithm>

namespace trireme {
namespace {

bool BeginsLetter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

size_t Letters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), BeginsLetter));
}

// Of `letters` letters, all of which are there.
std::string_view Beginning(std::string_view text, size_t letters) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    if (BeginsLetter(text[end]) && letters-- == 0) break;
  }
  return text.substr(0, end);
}

}  // namespace

std::vector<std::string> Aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Letters(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Letters(row[i]) + 2, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

std::string CutToFit(std::string_view line, size_t columns) {
  constexpr std::string_view kMore = "...";
  if (columns == 0 || Letters(line) <= columns) return std::string(line);
  const size_t kept = columns > kMore.size() ? columns - kMore.size() : 0;
  return std::string(Beginning(line, kept)) + std::string(kMore.substr(0, columns));
}

}  // namespace trireme
