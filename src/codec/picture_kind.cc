// SPDX-License-Identifier: Apache-2.0
#include "codec/picture_kind.h"

namespace trireme {

std::optional<PictureKind> PictureKindOf(std::string_view first_bytes) {
  if (first_bytes.starts_with("\xFF\xD8\xFF")) return PictureKind::kJpeg;
  if (first_bytes.starts_with("\x89PNG\r\n\x1A\n")) return PictureKind::kPng;
  const bool is_webp =
      first_bytes.size() >= 12 && first_bytes.starts_with("RIFF") && first_bytes.substr(8, 4) == "WEBP";
  return is_webp ? std::optional(PictureKind::kWebp) : std::nullopt;
}

std::string_view Name(PictureKind kind) {
  switch (kind) {
    case PictureKind::kJpeg:
      return "JPEG";
    case PictureKind::kPng:
      return "PNG";
    case PictureKind::kWebp:
      return "WebP";
  }
  return "?";
}

std::string_view MediaType(PictureKind kind) {
  switch (kind) {
    case PictureKind::kJpeg:
      return "image/jpeg";
    case PictureKind::kPng:
      return "image/png";
    case PictureKind::kWebp:
      return "image/webp";
  }
  return "?";
}

}  // namespace trireme
