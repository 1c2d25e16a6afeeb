// SPDX-License-Identifier: Apache-2.0
#include "transform/jpeg_decoder.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <jerror.h>  // after it: which codes there are depends on how libjpeg was built

#include <algorithm>
#include <new>
#include <string>

namespace trireme::transform {
namespace {

// A usual progressive file has ten scans, the thriftiest twenty. Each costs a pass over the picture, so a small file
// with many of them would be long work.
constexpr int kMaxScans = 100;
constexpr size_t kInks = 4;
constexpr JDIMENSION kRowsAtOnce = 16;

// libjpeg's state, and how it tells of errors: by a jump to where `jump` was set. So whatever lies between a call of
// libjpeg and the jump's end must need no destructor: those are the three functions of JpegReader with setjmp.
struct State {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
  int code;
};

[[noreturn]] void Fail(j_common_ptr jpeg) {
  auto* state = static_cast<State*>(jpeg->client_data);
  state->code = jpeg->err->msg_code;
  jpeg->err->format_message(jpeg, state->message);
  std::longjmp(state->jump, 1);  // NOLINT(modernize-avoid-setjmp-longjmp): libjpeg's errors must not return
}

// Whether what libjpeg warns of leaves pixels that nobody sent.
bool IsDamage(int code) {
  switch (code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      return true;
    default:
      return false;
  }
}

void Hear(j_common_ptr jpeg, int level) {
  if (level < 0 && IsDamage(jpeg->err->msg_code)) Fail(jpeg);
}

void Ignore(j_common_ptr /*jpeg*/) {}

void CountScans(j_common_ptr common) {
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number <= kMaxScans) return;
  auto* state = static_cast<State*>(common->client_data);
  state->code = 0;
  std::snprintf(state->message, sizeof state->message, "more than %d scans", kMaxScans);
  std::longjmp(state->jump, 1);  // NOLINT(modernize-avoid-setjmp-longjmp): as above
}

class JpegReader {
 public:
  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&state_.jpeg); }

  // Each returns false when libjpeg fails; then status() says why.
  bool Open(std::span<const std::byte> bytes);
  bool Start(int reduction);
  // `to` has room for all rows; `inks` for a few rows of four channels, where there are inks.
  bool ReadRows(uint8_t* to, uint8_t* inks);

  const jpeg_decompress_struct& jpeg() const { return state_.jpeg; }
  bool has_inks() const { return state_.jpeg.num_components == static_cast<int>(kInks); }
  Status status() const;

 private:
  void ReadInks(uint8_t* to, uint8_t* inks);
  void ReadColours(uint8_t* to);

  State state_{};
};

bool JpegReader::Open(std::span<const std::byte> bytes) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  jpeg.err = jpeg_std_error(&state_.errors);
  state_.errors.error_exit = Fail;
  state_.errors.emit_message = Hear;
  state_.errors.output_message = Ignore;
  jpeg.client_data = &state_;
  if (setjmp(state_.jump) != 0) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

bool JpegReader::Start(int reduction) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  if (setjmp(state_.jump) != 0) return false;
  state_.progress.progress_monitor = CountScans;
  jpeg.progress = &state_.progress;
  jpeg.out_color_space = has_inks() ? JCS_CMYK : JCS_RGB;
  jpeg.scale_num = 1;
  jpeg.scale_denom = static_cast<unsigned>(reduction);
  jpeg_calc_output_dimensions(&jpeg);
  return true;
}

// A product of two 8-bit parts of 255, rounded to the nearest.
int Share(int a, int b) {
  const int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// Programs that write four inks write them inverted, as Adobe's do: 255 is no ink.
void InksToColours(const uint8_t* inks, size_t pixels, uint8_t* to) {
  for (size_t i = 0; i < pixels; ++i, inks += kInks, to += kChannels) {
    const int light = inks[3];
    for (int c = 0; c < kChannels; ++c) to[c] = static_cast<uint8_t>(std::max(0, light - Share(255 - inks[c], light)));
  }
}

void JpegReader::ReadInks(uint8_t* to, uint8_t* inks) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = inks;
    if (jpeg_read_scanlines(&jpeg, &row, 1) == 0) break;
    InksToColours(inks, jpeg.output_width, to);
    to += size_t{jpeg.output_width} * kChannels;
  }
}

void JpegReader::ReadColours(uint8_t* to) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  const size_t row_bytes = size_t{jpeg.output_width} * kChannels;
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW rows[kRowsAtOnce];
    const JDIMENSION count = std::min(kRowsAtOnce, jpeg.output_height - jpeg.output_scanline);
    for (JDIMENSION i = 0; i < count; ++i) rows[i] = to + (jpeg.output_scanline + i) * row_bytes;
    if (jpeg_read_scanlines(&jpeg, rows, count) == 0) break;
  }
}

bool JpegReader::ReadRows(uint8_t* to, uint8_t* inks) {
  if (setjmp(state_.jump) != 0) return false;
  jpeg_start_decompress(&state_.jpeg);
  if (has_inks()) {
    ReadInks(to, inks);
  } else {
    ReadColours(to);
  }
  // Reads up to the end of the image, so that a file which lacks it is found.
  return jpeg_finish_decompress(&state_.jpeg) == TRUE;
}

Status JpegReader::status() const {
  switch (state_.code) {
    case JERR_OUT_OF_MEMORY:
      throw std::bad_alloc();  // as any other wish for memory would
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
      return InvalidArgument("expected a whole JPEG image, found one that is truncated: " +
                             std::string(state_.message));
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
      return Unsupported("a JPEG image of a kind that is not read: " + std::string(state_.message) +
                         "; expected 8 bits, baseline or progressive");
    default:
      return InvalidArgument("expected a JPEG image, found one that is damaged: " + std::string(state_.message));
  }
}

}  // namespace

int JpegReduction(ImageSize size, ImageSize wanted) {
  if (wanted.width <= 0 || wanted.height <= 0) return 1;
  for (const int reduction : {8, 4, 2}) {
    const auto leaves_enough = [reduction](int64_t side, int64_t wish) { return side / reduction / 2 >= wish; };
    if (leaves_enough(size.width, wanted.width) && leaves_enough(size.height, wanted.height)) return reduction;
  }
  return 1;
}

Result<Image> DecodeJpeg(std::span<const std::byte> bytes, ImageSize size, ImageSize wanted, MemoryPool& pool) {
  JpegReader reader;
  if (!reader.Open(bytes)) return reader.status();
  const jpeg_decompress_struct& jpeg = reader.jpeg();
  if (jpeg.image_width != size.width || jpeg.image_height != size.height) {
    return InvalidArgument("expected a JPEG image, found one that is damaged: it has two sizes");
  }
  const int reduction = JpegReduction(size, wanted);
  if (!reader.Start(reduction)) return reader.status();
  Image image{.size = {.width = jpeg.output_width, .height = jpeg.output_height},
              .filled_width = static_cast<double>(size.width) / reduction,
              .filled_height = static_cast<double>(size.height) / reduction};
  image.data = Buffer::Take(pool, image.pixels().bytes());
  Buffer inks = reader.has_inks() ? Buffer::Take(pool, jpeg.output_width * kInks) : Buffer();
  if (!reader.ReadRows(reinterpret_cast<uint8_t*>(image.data.mutable_data()),
                       reinterpret_cast<uint8_t*>(inks.mutable_data()))) {
    return reader.status();
  }
  return image;
}

}  // namespace trireme::transform
