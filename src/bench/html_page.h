// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trireme::bench {

// What the pages of reports have in common: looks, for light and dark rooms and narrow screens, and how they begin and
// end. A page needs nothing else, no script and no file, so that it can be sent by mail.

// Up to the headline, which is the title too.
std::string HtmlBegin(std::string_view title);
inline constexpr std::string_view kHtmlEnd = "</body></html>\n";

// A number in large letters, with its name below.
void AppendHtmlTile(std::string& out, std::string_view name, std::string_view value);

// "About this run": names and texts, without those that are empty.
void AppendHtmlAbout(std::string& out, const std::vector<std::pair<std::string_view, std::string>>& facts);

}  // namespace trireme::bench
