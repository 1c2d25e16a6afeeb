// SPDX-License-Identifier: Apache-2.0
#include "transform/picture_bytes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/base64.h"

namespace trireme::transform {
namespace {

// What the first bytes of JPEG, PNG and WebP files are in Base64.
constexpr std::array<std::string_view, 3> kBeginnings = {"/9j/", "iVBORw0KGgo", "UklGR"};

// "data:image/png;base64," (RFC 2397).
std::string_view WithoutScheme(std::string_view text) {
  constexpr size_t kLongestScheme = 64;
  if (!text.starts_with("data:image/")) return text;
  const size_t comma = text.substr(0, kLongestScheme).find(";base64,");
  return comma == std::string_view::npos ? text : text.substr(comma + 8);
}

}  // namespace

Result<PictureBytes> PictureBytes::Of(std::string_view sent) {
  PictureBytes bytes;
  bytes.sent_ = sent;
  const std::string_view text = WithoutScheme(sent);
  const bool is_base64 =
      text.size() != sent.size() ||
      std::ranges::any_of(kBeginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
  if (!is_base64) return bytes;
  ASSIGN_OR_RETURN(bytes.decoded_, DecodeBase64(text));
  return bytes;
}

}  // namespace trireme::transform
