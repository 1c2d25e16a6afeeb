// SPDX-License-Identifier: Apache-2.0
#include "bench/cell_table.h"

#include <algorithm>

#include "bench/report_text.h"
#include "bench/svg_chart.h"

namespace trireme::bench {

void AppendAligned(std::string& out, const std::vector<Cells>& rows) {
  std::vector<size_t> widths(rows[0].size());
  for (const Cells& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    out += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (size_t i = 1; i < row.size(); ++i) out += std::string(2 + widths[i] - row[i].size(), ' ') + row[i];
    out += '\n';
  }
}

void AppendMarkdownTable(std::string& out, const std::vector<Cells>& rows) {
  const auto line = [&](const Cells& row) {
    out += '|';
    for (const std::string& cell : row) out += " " + PlainMarkdown(cell) + " |";
    out += '\n';
  };
  line(rows[0]);
  out += "| --- |";
  for (size_t i = 1; i < rows[0].size(); ++i) out += " ---: |";
  out += '\n';
  for (size_t i = 1; i < rows.size(); ++i) line(rows[i]);
}

void AppendHtmlTable(std::string& out, const std::vector<Cells>& rows) {
  const auto line = [&](const Cells& cells, std::string_view tag) {
    out += "<tr>";
    for (const std::string& cell : cells) {
      out.append("<").append(tag).append(">").append(EscapeHtml(cell)).append("</").append(tag).append(">");
    }
    out += "</tr>\n";
  };
  out += "<div class=\"wide\"><table>";
  line(rows[0], "th");
  for (size_t i = 1; i < rows.size(); ++i) line(rows[i], "td");
  out += "</table></div>\n";
}

}  // namespace trireme::bench
