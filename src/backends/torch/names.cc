// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/names.h"

#include <charconv>
#include <system_error>

namespace trireme::torch_backend {

std::optional<size_t> IndexIn(std::string_view name) {
  const size_t at = name.rfind("__");
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = name.substr(at + 2);
  size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return index;
}

std::string Listed(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text.empty() ? "none" : text;
}

}  // namespace trireme::torch_backend
