// SPDX-License-Identifier: Apache-2.0
#include "bench/html_page.h"

#include "bench/svg_chart.h"

namespace trireme::bench {
namespace {

constexpr std::string_view kStyle = R"(<style>
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--soft:#5b6675;--grid:#e3e7ec;--card:#f6f8fa;
--c1:#1f6fd0;--c2:#c4501b;--c3:#1a8a5a;--c4:#8a4fc9;--c5:#a87d00;--c6:#c0317f;--c7:#0e8a99;--c8:#6b7280}
@media(prefers-color-scheme:dark){:root{--paper:#12161c;--ink:#e6eaf0;--soft:#9aa6b5;--grid:#2a323d;--card:#1a2029;
--c1:#6aa9f7;--c2:#f08a57;--c3:#4cc38f;--c4:#b794f0;--c5:#e0b83c;--c6:#f07bb5;--c7:#45c4d3;--c8:#a3adba}}
body{margin:0 auto;max-width:60rem;padding:1.5rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.facts{color:var(--soft);margin:0 0 1rem;overflow-wrap:anywhere}
.note{border-left:4px solid var(--c2);padding:.25rem .75rem;background:var(--card);overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}
.tiles div{background:var(--card);border-radius:8px;padding:.6rem 1rem;min-width:6.5rem}
.tiles b{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}.tiles span{color:var(--soft)}
figure{margin:1rem 0;background:var(--card);border-radius:8px;padding:.75rem 1rem}
figcaption{font-weight:600}svg{width:100%;height:auto;display:block;overflow:visible}
.legend{margin:.25rem 0;color:var(--soft)}.legend span{margin-right:1rem}
.legend i{display:inline-block;width:.8rem;height:.25rem;margin-right:.35rem;vertical-align:middle;background:currentColor;
color:inherit}.legend .c1 i{background:var(--c1)}.legend .c2 i{background:var(--c2)}.legend .c3 i{background:var(--c3)}
.legend .c4 i{background:var(--c4)}.legend .c5 i{background:var(--c5)}.legend .c6 i{background:var(--c6)}
.legend .c7 i{background:var(--c7)}.legend .c8 i{background:var(--c8)}
.legend .band i{height:.8rem;background:var(--grid)}.band rect{fill:var(--grid);opacity:.6}
.axis text{fill:var(--soft);font:13px system-ui,sans-serif}
.grid line{stroke:var(--grid);vector-effect:non-scaling-stroke}
.line{fill:none;stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.line.c1{stroke:var(--c1)}.line.c2{stroke:var(--c2)}.line.c3{stroke:var(--c3)}.line.c4{stroke:var(--c4)}
.line.c5{stroke:var(--c5)}.line.c6{stroke:var(--c6)}.line.c7{stroke:var(--c7)}.line.c8{stroke:var(--c8)}
.line.bound{stroke-dasharray:6 4;stroke:var(--soft)}.legend .bound i{background:var(--soft)}
.mark circle{fill:none;stroke:var(--ink);stroke-width:2.5;vector-effect:non-scaling-stroke}
.dots.c1{fill:var(--c1)}.dots.c2{fill:var(--c2)}.dots.c3{fill:var(--c3)}.dots.c4{fill:var(--c4)}
.dots.c5{fill:var(--c5)}.dots.c6{fill:var(--c6)}.dots.c7{fill:var(--c7)}.dots.c8{fill:var(--c8)}
.wide{overflow-x:auto}@media(min-width:64rem){.wide{width:max-content;min-width:100%;max-width:calc(100vw - 3rem);
position:relative;left:50%;transform:translateX(-50%)}}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.3rem .5rem;border-bottom:1px solid var(--grid)}td{white-space:nowrap}th{vertical-align:bottom}
th:first-child,td:first-child{text-align:left;white-space:normal}th{color:var(--soft);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
@media(max-width:46rem){body{padding:.75rem}figure{padding:.5rem}.axis text{font-size:18px}}
</style>
)";

}  // namespace

std::string HtmlBegin(std::string_view title) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>" +
      EscapeHtml(title) + "</title>\n";
  out += kStyle;
  out += "<style>@media(max-width:30rem){.axis text{font-size:" + std::to_string(kNarrowTextSize) +
         "px}.axis .wide-only{display:none}}</style>\n";
  return out + "</head><body>\n<h1>" + EscapeHtml(title) + "</h1>\n";
}

void AppendHtmlTile(std::string& out, std::string_view name, std::string_view value) {
  out += "<div><b>" + EscapeHtml(value) + "</b><span>" + EscapeHtml(name) + "</span></div>";
}

void AppendHtmlAbout(std::string& out, const std::vector<std::pair<std::string_view, std::string>>& facts) {
  out += "<h2>About this run</h2>\n<dl>";
  for (const auto& [name, text] : facts) {
    if (!text.empty()) out += "<dt>" + EscapeHtml(name) + "</dt><dd>" + EscapeHtml(text) + "</dd>";
  }
  out += "</dl>\n";
}

}  // namespace trireme::bench
