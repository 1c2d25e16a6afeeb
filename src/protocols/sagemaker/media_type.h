// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::sagemaker {

// How elements are written outside of KServe V2; or a picture, of a model around which pictures are decoded.
enum class Format : uint8_t { kJson, kCsv, kNpy, kLibsvm, kPicture };

std::string_view MediaTypeOf(Format format);

// What is taken, for the one who sent something else.
inline constexpr std::string_view kTakenTypes =
    "application/json, text/csv, text/libsvm, application/x-npy, image/jpeg, image/png, image/webp, application/x-image, "
    "application/octet-stream (JSON of KServe V2, or a picture) or "
    "application/vnd.sagemaker-triton.binary+json;json-header-size=N";

// The format of a body by its Content-Type. JSON is also what comes without one, as application/octet-stream, which is
// how clients of Triton's container call it, or as curl -d calls everything. Nothing: another one.
std::optional<Format> FormatOfBody(std::string_view content_type);

// The format that an Accept header (RFC 9110, section 12.5.1) asks for: the first that it names, weights or not. An
// empty one, and what takes anything, means `otherwise`. Nothing: it takes none of them.
std::optional<Format> FormatOfAnswer(std::string_view accept, Format otherwise);

}  // namespace trireme::sagemaker
