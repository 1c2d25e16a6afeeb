// SPDX-License-Identifier: Apache-2.0
#include "transform/image_head.h"

#include <optional>
#include <string>

#include "codec/file_kind.h"
#include "codec/json_found.h"

namespace trireme::transform {
namespace {

using namespace std::string_view_literals;  // NOLINT(google-build-using-namespace): literals alone

// Reads numbers at offsets; nothing is read behind the end.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size(); }
  bool Has(size_t offset, size_t count) const { return offset <= size() && size() - offset >= count; }
  uint32_t Byte(size_t at) const { return static_cast<uint32_t>(bytes_[at]); }
  uint32_t Big16(size_t at) const { return Byte(at) << 8 | Byte(at + 1); }
  uint32_t Big32(size_t at) const { return Big16(at) << 16 | Big16(at + 2); }
  uint32_t Little16(size_t at) const { return Byte(at) | Byte(at + 1) << 8; }
  uint32_t Little24(size_t at) const { return Little16(at) | Byte(at + 2) << 16; }
  uint32_t Little32(size_t at) const { return Little16(at) | Little16(at + 2) << 16; }
  std::string_view Text(size_t at, size_t count) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + at, count};
  }

 private:
  std::span<const std::byte> bytes_;
};

Status EndsEarly(PictureKind format) {
  return InvalidArgument("expected a whole " + std::string(Name(format)) +
                         " image, found one that ends within its head: it is truncated");
}

Status Malformed(PictureKind format, std::string_view what) {
  return InvalidArgument("expected a " + std::string(Name(format)) +
                         " image, found one whose head is malformed: " + std::string(what));
}

Result<ImageHead> Checked(ImageHead head) {
  if (head.size.width > 0 && head.size.height > 0) return head;
  return Malformed(head.format, "a picture of " + std::to_string(head.size.width) + "x" +
                                    std::to_string(head.size.height) + " pixels");
}

// ---- JPEG (ITU T.81, annex B): marker segments up to the first start of frame.

bool StandsAlone(uint32_t marker) {
  return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
}

// SOF0 to SOF15, without DHT, JPG and DAC, which lie between them.
bool IsStartOfFrame(uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Of the next segment, or of what stands alone; nothing: the file ends.
std::optional<uint32_t> NextMarker(const Reader& reader, size_t& at) {
  // Between segments may be filling bytes, and what broken writers leave.
  while (reader.Has(at, 1) && reader.Byte(at) != 0xFF) ++at;
  while (reader.Has(at, 1) && reader.Byte(at) == 0xFF) ++at;
  if (!reader.Has(at, 1)) return std::nullopt;
  return reader.Byte(at++);
}

// Of the frame at `at`: what the first scan behind it says.
bool HasSeveralScans(const Reader& reader, size_t at, uint32_t frame, uint32_t components) {
  constexpr uint32_t kProgressive = 0x02;  // SOF2, SOF6, SOF10, SOF14
  if ((frame & 0x03) == kProgressive) return true;
  if (reader.Has(at, 2)) at += reader.Big16(at);
  while (const std::optional<uint32_t> marker = NextMarker(reader, at)) {
    if (*marker == 0 || StandsAlone(*marker)) continue;
    if (*marker == 0xDA) return !reader.Has(at, 3) || reader.Byte(at + 2) < components;
    if (!reader.Has(at, 2) || reader.Big16(at) < 2) break;
    at += reader.Big16(at);
  }
  return true;
}

Result<ImageHead> ReadFrame(const Reader& reader, size_t at, uint32_t marker) {
  if (!reader.Has(at, 8)) return EndsEarly(PictureKind::kJpeg);
  const uint32_t components = reader.Byte(at + 7);
  ImageHead head{.format = PictureKind::kJpeg,
                 .size = {.width = reader.Big16(at + 5), .height = reader.Big16(at + 3)},
                 .bits = static_cast<int>(reader.Byte(at + 2))};
  if (components != 1 && components != 3 && components != 4) {
    return Malformed(PictureKind::kJpeg, std::to_string(components) + " colour components, not 1, 3 or 4");
  }
  head.colour = components == 1 ? ColourKind::kGrey : components == 3 ? ColourKind::kColour : ColourKind::kInks;
  head.has_several_scans = HasSeveralScans(reader, at, marker, components);
  return Checked(head);
}

Result<ImageHead> ReadJpegHead(const Reader& reader) {
  size_t at = 2;
  while (const std::optional<uint32_t> found = NextMarker(reader, at)) {
    const uint32_t marker = *found;
    if (marker == 0 || StandsAlone(marker)) continue;
    if (marker == 0xD9 || marker == 0xDA) return Malformed(PictureKind::kJpeg, "no frame before its end");
    if (IsStartOfFrame(marker)) return ReadFrame(reader, at, marker);
    if (!reader.Has(at, 2)) return EndsEarly(PictureKind::kJpeg);
    const uint32_t length = reader.Big16(at);
    if (length < 2) return Malformed(PictureKind::kJpeg, "a segment of " + std::to_string(length) + " bytes");
    at += length;
  }
  return EndsEarly(PictureKind::kJpeg);
}

// ---- PNG (ISO 15948): the signature and IHDR.

std::optional<ColourKind> PngColour(uint32_t type) {
  switch (type) {
    case 0:
      return ColourKind::kGrey;
    case 2:
      return ColourKind::kColour;
    case 3:
      return ColourKind::kPalette;
    case 4:
      return ColourKind::kGreyAlpha;
    case 6:
      return ColourKind::kColourAlpha;
    default:
      return std::nullopt;
  }
}

Result<ImageHead> ReadPngHead(const Reader& reader) {
  if (!reader.Has(0, 33)) return EndsEarly(PictureKind::kPng);
  if (reader.Text(12, 4) != "IHDR") return Malformed(PictureKind::kPng, "no IHDR at its beginning");
  const std::optional<ColourKind> colour = PngColour(reader.Byte(25));
  if (!colour) return Malformed(PictureKind::kPng, "colour type " + std::to_string(reader.Byte(25)));
  return Checked({.format = PictureKind::kPng,
                  .size = {.width = reader.Big32(16), .height = reader.Big32(20)},
                  .colour = *colour,
                  .bits = static_cast<int>(reader.Byte(24))});
}

// ---- WebP (RFC 9649): the first chunk is VP8, VP8L or VP8X.

Result<ImageHead> ReadWebpHead(const Reader& reader) {
  constexpr auto kFormat = PictureKind::kWebp;
  if (!reader.Has(0, 30)) return EndsEarly(kFormat);
  const std::string_view chunk = reader.Text(12, 4);
  ImageHead head{.format = kFormat};
  if (chunk == "VP8 ") {
    if (reader.Text(23, 3) != "\x9d\x01\x2a"sv) return Malformed(kFormat, "no key frame at its beginning");
    head.size = {.width = reader.Little16(26) & 0x3FFF, .height = reader.Little16(28) & 0x3FFF};
  } else if (chunk == "VP8L") {
    if (reader.Byte(20) != 0x2F) return Malformed(kFormat, "no signature of its lossless form");
    const uint32_t bits = reader.Little32(21);
    head.size = {.width = (bits & 0x3FFF) + 1, .height = (bits >> 14 & 0x3FFF) + 1};
    if ((bits >> 28 & 1) != 0) head.colour = ColourKind::kColourAlpha;
  } else if (chunk == "VP8X") {
    constexpr uint32_t kAnimation = 0x02;
    constexpr uint32_t kAlpha = 0x10;
    head.size = {.width = reader.Little24(24) + 1, .height = reader.Little24(27) + 1};
    head.animated = (reader.Byte(20) & kAnimation) != 0;
    if ((reader.Byte(20) & kAlpha) != 0) head.colour = ColourKind::kColourAlpha;
  } else {
    return Malformed(kFormat, "its first chunk is " + DescribeJson(chunk));
  }
  return Checked(head);
}

}  // namespace

Result<ImageHead> ReadImageHead(std::span<const std::byte> bytes) {
  const Reader reader(bytes);
  const std::optional<PictureKind> kind = PictureKindOf(reader.Text(0, bytes.size()));
  if (!kind)
    return InvalidArgument("expected bytes of a JPEG, PNG or WebP image, found " +
                           DescribeFile(reader.Text(0, bytes.size())));
  switch (*kind) {
    case PictureKind::kJpeg:
      return ReadJpegHead(reader);
    case PictureKind::kPng:
      return ReadPngHead(reader);
    case PictureKind::kWebp:
      break;
  }
  return ReadWebpHead(reader);
}

}  // namespace trireme::transform
