// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trireme {

// The kinds of picture that are decoded (src/transform), told by a file's first bytes as their formats fix them: JPEG
// (ITU T.81, SOI and a marker), PNG (its 8-byte signature), WebP (RIFF container).
enum class PictureKind : uint8_t { kJpeg, kPng, kWebp };

// Nothing: another kind of file, or one of less than 3, 8 or 12 bytes.
std::optional<PictureKind> PictureKindOf(std::string_view first_bytes);

std::string_view Name(PictureKind kind);       // "JPEG", "PNG", "WebP"
std::string_view MediaType(PictureKind kind);  // "image/jpeg", ...

}  // namespace trireme
