// SPDX-License-Identifier: Apache-2.0
#include "transform/jpeg_decoder.h"

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jpeglib.h>

#include <jerror.h>  // after it: which codes there are depends on how libjpeg was built

#include <algorithm>
#include <new>
#include <string>

#include "base/check.h"

namespace trireme::transform {
namespace {

// A usual progressive file has ten scans, the thriftiest twenty. Each costs a pass over the picture, so a small file
// with many of them would be long work: files may have more only where all together pass over few pixels.
constexpr int kUsualScans = 20;
constexpr int kMaxScans = 100;
constexpr int64_t kMaxScannedPixels = int64_t{1} << 29;
constexpr size_t kInks = 4;
constexpr JDIMENSION kRowsAtOnce = 16;

// libjpeg's state, and how it tells of errors: by a jump to where `jump` was set. So whatever lies between a call of
// libjpeg and the jump's end must need no destructor: those are the three functions of JpegReader with setjmp.
struct State {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  int max_scans;
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
  auto* state = static_cast<State*>(common->client_data);
  const jpeg_decompress_struct& jpeg = state->jpeg;
  if (jpeg.input_scan_number <= state->max_scans) return;
  state->code = 0;
  std::snprintf(state->message, sizeof state->message, "more than %d scans of %ux%u pixels", state->max_scans,
                jpeg.image_width, jpeg.image_height);
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
  // `part` is one of PartWith(); `to` has room for its rows, `row` for one of four channels.
  bool ReadRows(const Region& part, uint8_t* to, uint8_t* row);

  // What can be read of the picture, which has `needed` in it; both at the size that was started.
  Region PartWith(const Region& needed);

  const jpeg_decompress_struct& jpeg() const { return state_.jpeg; }
  bool has_inks() const { return state_.jpeg.num_components == static_cast<int>(kInks); }
  Status status() const;

 private:
  void ReadInks(JDIMENSION end, uint8_t* to, uint8_t* inks);
  void ReadColours(JDIMENSION end, uint8_t* to);
  void PassOverRest(uint8_t* row);

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
  const int64_t pixels = int64_t{jpeg.image_width} * jpeg.image_height;
  state_.max_scans = static_cast<int>(std::clamp<int64_t>(kMaxScannedPixels / pixels, kUsualScans, kMaxScans));
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

Region JpegReader::PartWith(const Region& needed) {
  const jpeg_decompress_struct& jpeg = state_.jpeg;
  const Region whole{.size = {.width = jpeg.output_width, .height = jpeg.output_height}};
  // Of components that are sampled more coarsely than that, libjpeg-turbo 2.1 makes a part too narrow.
  constexpr int kMostSampling = 2;
  if (std::max(jpeg.max_h_samp_factor, jpeg.max_v_samp_factor) > kMostSampling) return whole;
  const int64_t block = int64_t{DCTSIZE} / jpeg.scale_denom;
  const int64_t across = block * jpeg.max_h_samp_factor;
  const int64_t down = block * jpeg.max_v_samp_factor;
  // The outermost columns of a part know no neighbours. Colours that are sampled coarsely need one to be spread; where
  // a progressive file lacks scans, its blocks are smoothed over by their neighbours' neighbours.
  const int64_t margin = (jpeg_has_multiple_scans(&state_.jpeg) == TRUE ? 3 : 1) * across;
  Region part;
  part.left = std::max<int64_t>(0, needed.left - margin) / across * across;
  part.top = needed.top / down * down;
  part.size.width = std::min(whole.size.width, needed.right() + margin) - part.left;
  part.size.height = std::min(whole.size.height, (needed.bottom() + down - 1) / down * down) - part.top;
  return part;
}

void JpegReader::ReadInks(JDIMENSION end, uint8_t* to, uint8_t* inks) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  while (jpeg.output_scanline < end) {
    JSAMPROW row = inks;
    if (jpeg_read_scanlines(&jpeg, &row, 1) == 0) break;
    InksToColours(inks, jpeg.output_width, to);
    to += size_t{jpeg.output_width} * kChannels;
  }
}

void JpegReader::ReadColours(JDIMENSION end, uint8_t* to) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  const size_t row_bytes = size_t{jpeg.output_width} * kChannels;
  while (jpeg.output_scanline < end) {
    JSAMPROW rows[kRowsAtOnce];
    const JDIMENSION count = std::min(kRowsAtOnce, end - jpeg.output_scanline);
    for (JDIMENSION i = 0; i < count; ++i) rows[i] = to + i * row_bytes;
    const JDIMENSION read = jpeg_read_scanlines(&jpeg, rows, count);
    if (read == 0) break;
    to += read * row_bytes;
  }
}

// The codes below a part are read, because what is damaged there is damaged. All but the last row is skipped: were that
// one skipped as well, libjpeg would take the file as read.
void JpegReader::PassOverRest(uint8_t* row) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  if (jpeg.output_scanline == jpeg.output_height) return;
  jpeg_skip_scanlines(&jpeg, jpeg.output_height - jpeg.output_scanline - 1);
  jpeg_read_scanlines(&jpeg, &row, 1);
}

bool JpegReader::ReadRows(const Region& part, uint8_t* to, uint8_t* row) {
  jpeg_decompress_struct& jpeg = state_.jpeg;
  if (setjmp(state_.jump) != 0) return false;
  jpeg_start_decompress(&jpeg);
  auto left = static_cast<JDIMENSION>(part.left);
  auto width = static_cast<JDIMENSION>(part.size.width);
  jpeg_crop_scanline(&jpeg, &left, &width);
  CHECK(left == part.left && width == part.size.width);
  jpeg_skip_scanlines(&jpeg, static_cast<JDIMENSION>(part.top));
  if (has_inks()) {
    ReadInks(static_cast<JDIMENSION>(part.bottom()), to, row);
  } else {
    ReadColours(static_cast<JDIMENSION>(part.bottom()), to);
  }
  PassOverRest(row);
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
      return InvalidArgument("expected a JPEG image, found one of a kind that is not read: " +
                             std::string(state_.message) + "; expected 8 bits, baseline or progressive");
    default:
      return InvalidArgument("expected a JPEG image, found one that is damaged: " + std::string(state_.message));
  }
}

// The pixels of a smaller picture that have something of `region`.
Region Reduced(const Region& region, int64_t reduction) {
  const int64_t left = region.left / reduction;
  const int64_t top = region.top / reduction;
  return {.left = left,
          .top = top,
          .size = {.width = (region.right() + reduction - 1) / reduction - left,
                   .height = (region.bottom() + reduction - 1) / reduction - top}};
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

Result<Image> DecodeJpeg(std::span<const std::byte> bytes, const JpegWish& wish, MemoryPool& pool) {
  const ImageSize& size = wish.size;
  JpegReader reader;
  if (!reader.Open(bytes)) return reader.status();
  const jpeg_decompress_struct& jpeg = reader.jpeg();
  if (jpeg.image_width != size.width || jpeg.image_height != size.height) {
    return InvalidArgument("expected a JPEG image, found one that is damaged: it has two sizes");
  }
  const int reduction = JpegReduction(size, wish.wanted);
  if (!reader.Start(reduction)) return reader.status();
  Image image{.extent = {.size = {.width = jpeg.output_width, .height = jpeg.output_height},
                         .filled_width = static_cast<double>(size.width) / reduction,
                         .filled_height = static_cast<double>(size.height) / reduction,
                         .part = reader.PartWith(Reduced(wish.needed, reduction))}};
  const Region& part = image.extent.part;
  image.data = Buffer::Take(pool, image.pixels().bytes());
  Buffer row = Buffer::Take(pool, static_cast<size_t>(part.size.width) * kInks);
  if (!reader.ReadRows(part, reinterpret_cast<uint8_t*>(image.data.mutable_data()),
                       reinterpret_cast<uint8_t*>(row.mutable_data()))) {
    return reader.status();
  }
  return image;
}

}  // namespace trireme::transform
