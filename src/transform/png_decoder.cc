// SPDX-License-Identifier: Apache-2.0
#include "transform/png_decoder.h"

#include <csetjmp>

#include <png.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>

namespace trireme::transform {
namespace {

constexpr size_t kMaxChunkBytes = size_t{8} << 20;  // of a chunk that libpng keeps whole; pixels are not kept
// That may come behind the codes of the last row. libpng makes out all that follows a picture's rows, a thousandfold of
// what the file has, and throws it away.
constexpr size_t kMaxTrailingBytes = size_t{64} << 10;
constexpr char kTruncated[] = "it is truncated";
constexpr char kTooLong[] = "it has more data than its pixels take";

// libpng tells of errors by a jump to where libpng's jmp_buf was set. So whatever lies between a call of libpng and the
// jump's end must need no destructor: those are the functions of PngReader with setjmp.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) : left_(bytes) {}
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }

  // Each returns false when libpng fails; then status() says why.
  bool Open();
  bool ReadRows(uint8_t* to);

  ImageSize size() const {
    return {.width = png_get_image_width(png_, info_), .height = png_get_image_height(png_, info_)};
  }
  bool has_expected_rows() const {
    return png_get_rowbytes(png_, info_) == static_cast<size_t>(size().width * (is_deep_grey_ ? 2 : kChannels));
  }
  Status status() const;

 private:
  static void Fail(png_structp png, png_const_charp message);
  static void Warn(png_structp /*png*/, png_const_charp /*message*/) {}
  static void Read(png_structp png, png_bytep to, size_t count);
  void WishForRgb();
  // Before the last row: what follows it may be little.
  void KeepBackWhatFollows();

  std::span<const std::byte> left_;
  size_t kept_back_ = 0;  // the end of left_, which is not given to libpng
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
  bool is_deep_grey_ = false;
  char message_[256] = {};
};

void PngReader::Fail(png_structp png, png_const_charp message) {
  auto* reader = static_cast<PngReader*>(png_get_error_ptr(png));
  std::snprintf(reader->message_, sizeof reader->message_, "%s", message);
  png_longjmp(png, 1);
}

void PngReader::Read(png_structp png, png_bytep to, size_t count) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (reader->left_.size() < count) png_error(png, kTruncated);
  if (reader->left_.size() - count < reader->kept_back_) png_error(png, kTooLong);
  std::memcpy(to, reader->left_.data(), count);
  reader->left_ = reader->left_.subspan(count);
}

// What has another form is turned into 8-bit RGB while it is read; only of 16-bit grey do we need all bits.
void PngReader::WishForRgb() {
  const int type = png_get_color_type(png_, info_);
  const int bits = png_get_bit_depth(png_, info_);
  is_deep_grey_ = type == PNG_COLOR_TYPE_GRAY && bits == 16;
  if (!is_deep_grey_) {
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (type == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    if ((type & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png_);
  }
  passes_ = png_set_interlace_handling(png_);
}

bool PngReader::Open() {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, Fail, Warn);
  if (png_ == nullptr) throw std::bad_alloc();
  info_ = png_create_info_struct(png_);
  if (info_ == nullptr) throw std::bad_alloc();
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  png_set_read_fn(png_, this, Read);
  png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // all that do not say the pixels
  png_set_chunk_malloc_max(png_, kMaxChunkBytes);
  png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours have been looked at
  png_read_info(png_, info_);
  WishForRgb();
  png_read_update_info(png_, info_);
  return true;
}

// Grey values of two bytes, big-endian, at the front of each row's room, to RGB: as they are up to 255. From the right,
// so that none is written over before it was read.
void SpreadDeepGrey(uint8_t* row, int64_t width) {
  for (int64_t x = width - 1; x >= 0; --x) {
    const uint8_t value = row[2 * x] == 0 ? row[2 * x + 1] : 255;
    std::memset(row + kChannels * x, value, kChannels);
  }
}

void PngReader::KeepBackWhatFollows() {
  constexpr size_t kMaxBytesPerPixel = 8;
  // Twice, because codes may be longer than what they stand for, and lie in many small chunks.
  const size_t wanted = 2 * kMaxBytesPerPixel * static_cast<size_t>(size().width) + kMaxTrailingBytes;
  kept_back_ = left_.size() - std::min(left_.size(), wanted);
}

bool PngReader::ReadRows(uint8_t* to) {
  if (setjmp(png_jmpbuf(png_)) != 0) return false;
  const int64_t width = size().width;
  const int64_t height = size().height;
  for (int pass = 0; pass < passes_; ++pass) {
    for (int64_t y = 0; y < height; ++y) {
      if (pass == passes_ - 1 && y == height - 1) KeepBackWhatFollows();
      png_read_row(png_, to + y * width * kChannels, nullptr);
    }
  }
  if (is_deep_grey_) {
    for (int64_t y = 0; y < height; ++y) SpreadDeepGrey(to + y * width * kChannels, width);
  }
  return true;
}

Status PngReader::status() const {
  const std::string message = message_;
  if (message == kTruncated) {
    return InvalidArgument("expected a whole PNG image, found one that ends within its picture: " + message);
  }
  return InvalidArgument("expected a PNG image, found one that is damaged: " + message);
}

}  // namespace

Result<Image> DecodePng(std::span<const std::byte> bytes, ImageSize size, MemoryPool& pool) {
  PngReader reader(bytes);
  if (!reader.Open()) return reader.status();
  if (reader.size() != size || !reader.has_expected_rows()) {
    return InvalidArgument("expected a PNG image, found one that is damaged: it has two sizes");
  }
  Image image{.extent = Extent::Whole(size)};
  image.data = Buffer::Take(pool, image.pixels().bytes());
  if (!reader.ReadRows(reinterpret_cast<uint8_t*>(image.data.mutable_data()))) return reader.status();
  return image;
}

}  // namespace trireme::transform
