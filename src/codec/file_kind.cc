// SPDX-License-Identifier: Apache-2.0
#include "codec/file_kind.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace trireme {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): literals alone

struct Magic {
  size_t offset;
  std::string_view bytes;
  std::string_view name;
};

constexpr std::array kOthers = {
    Magic{0, "GIF8", "a GIF image"},
    Magic{0, "BM", "a BMP image"},
    Magic{0, "II*\0"sv, "a TIFF image"},
    Magic{0, "MM\0*"sv, "a TIFF image"},
    Magic{4, "ftypavif", "an AVIF image"},
    Magic{4, "ftyphei", "a HEIF image"},
    Magic{4, "ftyp", "a video or another file in the MP4 family"},
    Magic{0, "\0\0\0\x0CjP  "sv, "a JPEG 2000 image"},
    Magic{0, "\xFF\x0A", "a JPEG XL image"},
    Magic{0, "%PDF", "a PDF document"},
    Magic{0, "PK\x03\x04", "a ZIP archive"},
    Magic{0, "\x1F\x8B", "bytes compressed with gzip"},
    Magic{0, "\x93NUMPY", "an array of NumPy's"},
    // How the three begin in Base64.
    Magic{0, "/9j/", "text that looks like a JPEG image in Base64"},
    Magic{0, "iVBORw0KGgo", "text that looks like a PNG image in Base64"},
    Magic{0, "UklGR", "text that looks like a WebP image in Base64"},
    Magic{0, "data:", "a data: URL"},
    Magic{0, "--", "what looks like a multipart body"},
    Magic{0, "{", "what looks like JSON"},
    Magic{0, "[", "what looks like JSON"},
    Magic{0, "<", "what looks like HTML or XML"},
};

// The first bytes as hexadecimal numbers.
std::string FirstBytes(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr size_t kShown = 8;
  std::string first;
  for (const char byte : bytes.substr(0, kShown)) {
    const auto value = static_cast<unsigned char>(byte);
    if (!first.empty()) first += ' ';
    first += {kDigits[value >> 4], kDigits[value & 15]};
  }
  return first;
}

}  // namespace

std::string DescribeFile(std::string_view bytes) {
  if (bytes.empty()) return "nothing";
  const std::string length = " (" + std::to_string(bytes.size()) + " bytes)";
  for (const Magic& other : kOthers) {
    if (bytes.size() > other.offset && bytes.substr(other.offset).starts_with(other.bytes)) {
      return std::string(other.name) + length;
    }
  }
  return "bytes that begin with " + FirstBytes(bytes) + length;
}

bool IsBinary(std::string_view bytes) {
  constexpr size_t kLookedAt = 1024;
  for (size_t at = 0; at < std::min(bytes.size(), kLookedAt);) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    const bool is_control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    const size_t length = is_control ? 0 : Utf8SequenceLength(bytes.substr(at));
    if (length == 0) return true;
    at += length;
  }
  return false;
}

}  // namespace trireme
