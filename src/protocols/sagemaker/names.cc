// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/names.h"

#include <algorithm>

#include "base/excerpt.h"
#include "codec/percent_encoding.h"

namespace trireme::sagemaker {
Result<std::optional<std::string>> QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    std::string value(pair.substr(std::min(equals + 1, pair.size())));
    std::ranges::replace(value, '+', ' ');
    Result<std::string> decoded = PercentDecoded(value);
    if (!decoded.ok()) return std::move(decoded).status().Within(name);
    return std::optional(*std::move(decoded));
  }
  return std::optional<std::string>();
}

Status CheckFitsPath(std::string_view name) {
  if (name.find_first_of("/\\") == std::string_view::npos && name != "." && name != "..") return {};
  return InvalidArgument("model_name: expected a name without '/' and '\\' that is not '.' or '..', found " +
                         Excerpt(name));
}

}  // namespace trireme::sagemaker
