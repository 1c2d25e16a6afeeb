// SPDX-License-Identifier: Apache-2.0
#include "transform/image_row.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

#include "base/check.h"
#include "codec/small_float.h"
#include "transform/resize_kernels.h"

namespace trireme::transform {
namespace {

constexpr size_t kValues = 256;

// What each value of a channel becomes: all the arithmetic there is, done once a picture.
template <typename T>
using ValueTable = std::array<T, kValues>;

float Normalised(const ImageSteps& steps, size_t channel, size_t value) {
  auto result = static_cast<float>(value);
  if (steps.divide_by_255) result /= 255.0F;
  if (!steps.mean.empty()) result -= steps.mean[channel];
  if (!steps.deviation.empty()) result /= steps.deviation[channel];
  return result;
}

template <typename T>
ValueTable<T> TableOf(const ImageSteps& steps, size_t channel) {
  ValueTable<T> table;
  for (size_t value = 0; value < kValues; ++value) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      table[value] = static_cast<uint8_t>(value);
    } else if constexpr (std::is_same_v<T, uint16_t>) {
      table[value] = NarrowToFp16(Normalised(steps, channel, value));
    } else {
      table[value] = Normalised(steps, channel, value);
    }
  }
  return table;
}

// The channel of RGB that is the model's channel `c`. Grey pictures have the same value on all three.
int64_t SourceChannel(const ImageSteps& steps, int64_t c) {
  return steps.order == ColourOrder::kBgr ? kChannels - 1 - c : c;
}

template <typename T>
void PutValues(const Pixels& canvas, const ImageSteps& steps, T* to) {
  const int64_t pixels = canvas.size.width * canvas.size.height;
  const int64_t channels = steps.channels();
  for (int64_t c = 0; c < channels; ++c) {
    const ValueTable<T> table = TableOf<T>(steps, static_cast<size_t>(c));
    const uint8_t* from = canvas.data + SourceChannel(steps, c);
    T* at = steps.layout == Layout::kNchw ? to + c * pixels : to + c;
    const int64_t step = steps.layout == Layout::kNchw ? 1 : channels;
    for (int64_t i = 0; i < pixels; ++i, at += step, from += kChannels) *at = table[*from];
  }
}

void Put(const Pixels& canvas, const ImageSteps& steps, std::byte* to) {
  switch (steps.type) {
    case DataType::kUint8:
      return PutValues(canvas, steps, reinterpret_cast<uint8_t*>(to));
    case DataType::kFp16:
      return PutValues(canvas, steps, reinterpret_cast<uint16_t*>(to));
    case DataType::kFp32:
      return PutValues(canvas, steps, reinterpret_cast<float*>(to));
    default:
      CHECK(false);
  }
}

// ITU-R 601 luma in 16 bits, as Pillow's convert("L").
uint8_t Luma(const uint8_t* pixel) {
  return static_cast<uint8_t>((19'595 * pixel[0] + 38'470 * pixel[1] + 7'471 * pixel[2] + 0x8000) >> 16);
}

void MakeGrey(const Pixels& from, uint8_t* to) {
  const uint8_t* pixel = from.data;
  for (const uint8_t* end = pixel + from.bytes(); pixel != end; pixel += kChannels, to += kChannels) {
    std::memset(to, Luma(pixel), kChannels);
  }
}

void Copy(const Pixels& from, const Region& part, const PicturePlan& plan, uint8_t* to, size_t stride) {
  const size_t bytes = static_cast<size_t>(plan.across.count * kChannels);
  const int64_t left = plan.across.offset - part.left;
  const int64_t top = plan.down.offset - part.top;
  for (int64_t y = 0; y < plan.down.count; ++y, to += stride) {
    std::memcpy(to, from.row(top + y) + left * kChannels, bytes);
  }
}

Resizing ResizingOf(const ImageSteps& steps, const PicturePlan& plan) {
  return {.to = plan.resized(),
          .left = plan.across.offset,
          .top = plan.down.offset,
          .window = {.width = plan.across.count, .height = plan.down.count},
          .filter = steps.filter};
}

// What the steps look at of a picture of that size.
Region NeededBy(const ImageSteps& steps, const PicturePlan& plan, ImageSize size) {
  const Resizing resizing = ResizingOf(steps, plan);
  if (plan.resized() != size) return NeededFor(resizing, size);
  return {.left = resizing.left, .top = resizing.top, .size = resizing.window};
}

// Fills `canvas` (plan.across.total x plan.down.total) with the picture and what surrounds it.
void Paint(const Pixels& from, const Extent& extent, const ImageSteps& steps, const PicturePlan& plan, uint8_t* canvas,
           MemoryPool& pool) {
  const size_t stride = static_cast<size_t>(plan.across.total * kChannels);
  if (plan.across.count != plan.across.total || plan.down.count != plan.down.total) {
    const bool is_filling = steps.resize == ImageSteps::ResizeTo::kLongestSide;
    std::memset(canvas, is_filling ? steps.filling : 0, stride * static_cast<size_t>(plan.down.total));
  }
  uint8_t* to =
      canvas + static_cast<size_t>(plan.down.before) * stride + static_cast<size_t>(plan.across.before * kChannels);
  if (plan.resized() == extent.size) return Copy(from, extent.part, plan, to, stride);
  Resize(from, extent, ResizingOf(steps, plan), to, stride, pool);
}

// Whether the canvas is what the model is given, byte for byte.
bool IsRow(const ImageSteps& steps) {
  return steps.type == DataType::kUint8 && steps.layout == Layout::kNhwc && steps.order == ColourOrder::kRgb;
}

Status CheckRow(const Shape& shape, const ImageSteps& steps, std::span<std::byte> row) {
  const std::optional<size_t> bytes = ByteSize(steps.type, shape);
  CHECK(bytes.has_value());
  if (row.size() != *bytes) {
    return InvalidArgument("expected an image that becomes " + std::to_string(row.size()) +
                           " bytes, as the others of its batch, found one that becomes " + shape.ToString() + ", " +
                           std::to_string(*bytes) + " bytes");
  }
  CHECK(IsAligned(steps.type, row.data()));
  return {};
}

void Make(const Pixels& from, const Extent& extent, const ImageSteps& steps, const PicturePlan& plan, std::byte* row,
          MemoryPool& pool) {
  if (IsRow(steps)) return Paint(from, extent, steps, plan, reinterpret_cast<uint8_t*>(row), pool);
  Pixels canvas{.size = {.width = plan.across.total, .height = plan.down.total}};
  Buffer memory = Buffer::Take(pool, canvas.bytes());
  auto* painted = reinterpret_cast<uint8_t*>(memory.mutable_data());
  Paint(from, extent, steps, plan, painted, pool);
  canvas.data = painted;
  Put(canvas, steps, row);
}

// To what size a decoder may go down; zeros: it may not. The nearest pixel of a smaller picture is a mean of several.
ImageSize WantedOf(const ImageSteps& steps, const PicturePlan& plan, ImageSize size) {
  const bool may_reduce = !steps.decode_in_full && steps.filter != Filter::kNearest && plan.resized() != size;
  return may_reduce ? plan.resized() : ImageSize();
}

}  // namespace

size_t MakingBytes(const ImageHead& head, const ImageSteps& steps) {
  const Result<PicturePlan> plan = PlanPicture(steps, head.size);
  CHECK(plan.ok());
  constexpr int64_t kWeights = 64;  // of a pixel of a side, old or new, at most: the widest filter has six weights
  const int64_t sides = head.size.width + head.size.height + plan->across.resized + plan->down.resized;
  const int64_t between = (plan->across.count * kChannels + int64_t{kRowSlack}) * head.size.height;
  const int64_t canvas = plan->across.total * plan->down.total * kChannels;
  return DecodingBytes(head, WantedOf(steps, *plan, head.size)) +
         static_cast<size_t>(between + canvas + sides * kWeights);
}

Status ImageToRow(std::span<const std::byte> image, const ImageSteps& steps, const DecodeLimits& limits,
                  std::span<std::byte> row, MemoryPool& pool) {
  ASSIGN_OR_RETURN(const ImageHead head, ReadImageHead(image));
  RETURN_IF_ERROR(CheckLimits(image, head, limits));
  ASSIGN_OR_RETURN(const PicturePlan plan, PlanPicture(steps, head.size));
  ASSIGN_OR_RETURN(const Shape shape, RowShape(steps, head.size));
  RETURN_IF_ERROR(CheckRow(shape, steps, row));
  const DecodeOptions options{
      .limits = limits, .wanted = WantedOf(steps, plan, head.size), .needed = NeededBy(steps, plan, head.size)};
  ASSIGN_OR_RETURN(Image decoded, DecodeImage(image, options, pool));
  if (steps.order == ColourOrder::kGrey) {
    MakeGrey(decoded.pixels(), reinterpret_cast<uint8_t*>(decoded.data.mutable_data()));
  }
  Make(decoded.pixels(), decoded.extent, steps, plan, row.data(), pool);
  return {};
}

Status PixelsToRow(const Pixels& pixels, const ImageSteps& steps, std::span<std::byte> row, MemoryPool& pool) {
  ASSIGN_OR_RETURN(const PicturePlan plan, PlanPicture(steps, pixels.size));
  ASSIGN_OR_RETURN(const Shape shape, RowShape(steps, pixels.size));
  RETURN_IF_ERROR(CheckRow(shape, steps, row));
  Pixels from = pixels;
  Buffer grey;
  if (steps.order == ColourOrder::kGrey) {
    grey = Buffer::Take(pool, pixels.bytes());
    MakeGrey(pixels, reinterpret_cast<uint8_t*>(grey.mutable_data()));
    from.data = reinterpret_cast<const uint8_t*>(grey.data());
  }
  Make(from, Extent::Whole(from.size), steps, plan, row.data(), pool);
  return {};
}

Result<Pixels> PixelsOf(const Tensor& tensor) {
  const Shape shape = tensor.shape.rank() == 4 && tensor.shape[0] == 1 ? tensor.shape.Inner() : tensor.shape;
  const std::optional<size_t> bytes = ByteSize(tensor.type, tensor.shape);
  if (tensor.type != DataType::kUint8 || shape.rank() != 3 || shape[2] != kChannels || !bytes || *bytes == 0) {
    return InvalidArgument("expected pixels as UINT8 of [height,width,3], found " + std::string(Name(tensor.type)) +
                           " of " + tensor.shape.ToString());
  }
  CHECK(tensor.data.size() >= *bytes);
  return Pixels{.data = reinterpret_cast<const uint8_t*>(tensor.data.data()),
                .size = {.width = shape[1], .height = shape[0]}};
}

}  // namespace trireme::transform
