// SPDX-License-Identifier: Apache-2.0
#include "transform/image_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace trireme::transform {
namespace {

constexpr int64_t kMaxSide = 65'536;        // that may be asked for
constexpr int64_t kMaxResized = 1'000'000;  // that a long and thin picture may become before it is cropped
constexpr int64_t kMaxPixels = 89'478'485;  // of what the model is given: as a picture may have

std::string Text(ImageSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

Status CheckSide(int64_t side, std::string_view name) {
  if (side >= 1 && side <= kMaxSide) return {};
  return InvalidArgument(std::string(name) + ": expected 1 to " + std::to_string(kMaxSide) + " pixels, found " +
                         std::to_string(side));
}

Status CheckSize(ImageSize size, const std::string& name) {
  RETURN_IF_ERROR(CheckSide(size.width, name + " width"));
  RETURN_IF_ERROR(CheckSide(size.height, name + " height"));
  if (size.width * size.height <= kMaxPixels) return {};
  return InvalidArgument(name + ": expected at most " + std::to_string(kMaxPixels) + " pixels, found " + Text(size));
}

Status CheckValues(const std::vector<float>& values, int64_t channels, std::string_view name, bool may_be_zero) {
  if (values.empty()) return {};
  if (values.size() != static_cast<size_t>(channels)) {
    return InvalidArgument(std::string(name) + ": expected " + std::to_string(channels) +
                           " numbers, one a channel, found " + std::to_string(values.size()));
  }
  for (const float value : values) {
    if (std::isfinite(value) && (may_be_zero || value != 0)) continue;
    return InvalidArgument(std::string(name) + ": expected finite numbers" + (may_be_zero ? "" : " other than 0") +
                           ", found " + std::to_string(value));
  }
  return {};
}

Status CheckResize(const ImageSteps& steps) {
  switch (steps.resize) {
    case ImageSteps::ResizeTo::kAsItIs:
      return {};
    case ImageSteps::ResizeTo::kExact:
      return CheckSize(steps.size, "resize");
    case ImageSteps::ResizeTo::kShorterSide:
      return CheckSide(steps.side, "resize");
    case ImageSteps::ResizeTo::kLongestSide:
      return CheckSize({.width = steps.side, .height = steps.side}, "resize");
  }
  return InvalidArgument("resize: no such way");
}

// What `side` becomes beside another that becomes `to`.
int64_t InProportion(int64_t side, int64_t to, int64_t other) {
  return to * side / other;
}

// Rounded to the nearest, of two as near to the even one: as Python's round().
int64_t RoundedQuotient(int64_t dividend, int64_t divisor) {
  const int64_t quotient = dividend / divisor;
  const int64_t twice_rest = 2 * (dividend % divisor);
  if (twice_rest == divisor) return quotient + (quotient & 1);
  return quotient + (twice_rest > divisor ? 1 : 0);
}

ImageSize Resized(const ImageSteps& steps, ImageSize size) {
  const bool is_wide = size.width > size.height;
  switch (steps.resize) {
    case ImageSteps::ResizeTo::kAsItIs:
      return size;
    case ImageSteps::ResizeTo::kExact:
      return steps.size;
    case ImageSteps::ResizeTo::kShorterSide:
      if (is_wide) return {.width = InProportion(size.width, steps.side, size.height), .height = steps.side};
      return {.width = steps.side, .height = InProportion(size.height, steps.side, size.width)};
    case ImageSteps::ResizeTo::kLongestSide: {
      const auto shorter = [&](int64_t side, int64_t longer) {
        return std::max<int64_t>(1, RoundedQuotient(side * steps.side, longer));
      };
      if (is_wide) return {.width = steps.side, .height = shorter(size.height, size.width)};
      return {.width = shorter(size.width, size.height), .height = steps.side};
    }
  }
  return size;
}

SidePlan FilledUp(int64_t resized, int64_t total) {
  return {.resized = resized, .count = resized, .before = (total - resized) / 2, .total = total};
}

SidePlan Cropped(int64_t resized, int64_t total) {
  if (resized < total) return FilledUp(resized, total);
  return {.resized = resized, .offset = RoundedQuotient(resized - total, 2), .count = total, .total = total};
}

Shape ShapeOf(const ImageSteps& steps, int64_t width, int64_t height) {
  if (steps.layout == Layout::kNchw) return {steps.channels(), height, width};
  return {height, width, steps.channels()};
}

}  // namespace

ImageSteps ImagenetSteps() {
  ImageSteps steps;
  steps.resize = ImageSteps::ResizeTo::kShorterSide;
  steps.side = 256;
  steps.crop = ImageSize{.width = 224, .height = 224};
  steps.mean = {0.485F, 0.456F, 0.406F};
  steps.deviation = {0.229F, 0.224F, 0.225F};
  return steps;
}

Status CheckSteps(const ImageSteps& steps) {
  RETURN_IF_ERROR(CheckResize(steps));
  if (steps.crop) {
    RETURN_IF_ERROR(CheckSize(*steps.crop, "crop"));
    if (steps.resize == ImageSteps::ResizeTo::kLongestSide) {
      return InvalidArgument("crop: expected none where the longest side is resized and the rest filled up, found " +
                             Text(*steps.crop));
    }
  }
  RETURN_IF_ERROR(CheckValues(steps.mean, steps.channels(), "mean", true));
  RETURN_IF_ERROR(CheckValues(steps.deviation, steps.channels(), "deviation", false));
  if (steps.type == DataType::kUint8) {
    if (!steps.divide_by_255 && steps.mean.empty() && steps.deviation.empty()) return {};
    return InvalidArgument("type: expected FP32 or FP16 where values are scaled, found UINT8");
  }
  if (steps.type == DataType::kFp32 || steps.type == DataType::kFp16) return {};
  return InvalidArgument("type: expected FP32, FP16 or UINT8, found " + std::string(Name(steps.type)));
}

Shape RowShape(const ImageSteps& steps) {
  if (steps.crop) return ShapeOf(steps, steps.crop->width, steps.crop->height);
  switch (steps.resize) {
    case ImageSteps::ResizeTo::kExact:
      return ShapeOf(steps, steps.size.width, steps.size.height);
    case ImageSteps::ResizeTo::kLongestSide:
      return ShapeOf(steps, steps.side, steps.side);
    case ImageSteps::ResizeTo::kAsItIs:
    case ImageSteps::ResizeTo::kShorterSide:
      break;
  }
  return ShapeOf(steps, Shape::kAny, Shape::kAny);
}

Result<Shape> RowShape(const ImageSteps& steps, ImageSize size) {
  ASSIGN_OR_RETURN(const PicturePlan plan, PlanPicture(steps, size));
  return ShapeOf(steps, plan.across.total, plan.down.total);
}

Result<PicturePlan> PlanPicture(const ImageSteps& steps, ImageSize size) {
  if (size.width < 1 || size.height < 1 || size.width > std::numeric_limits<int32_t>::max() ||
      size.height > std::numeric_limits<int32_t>::max()) {
    return InvalidArgument("expected a picture with pixels, found one of " + Text(size));
  }
  const ImageSize resized = Resized(steps, size);
  const bool may_fill = steps.resize == ImageSteps::ResizeTo::kLongestSide;
  const auto plan_side = [&](int64_t side, int64_t crop) {
    if (may_fill) return FilledUp(side, steps.side);
    return steps.crop ? Cropped(side, crop) : SidePlan{.resized = side, .count = side, .total = side};
  };
  const ImageSize crop = steps.crop.value_or(ImageSize());
  PicturePlan plan{.across = plan_side(resized.width, crop.width), .down = plan_side(resized.height, crop.height)};
  const ImageSize total{.width = plan.across.total, .height = plan.down.total};
  if (resized != size && (resized.width > kMaxResized || resized.height > kMaxResized)) {
    return InvalidArgument("expected an image whose sides differ less, found one of " + Text(size) +
                           " pixels, which would be resized to " + Text(resized));
  }
  if (total.width > kMaxPixels / total.height) {
    return InvalidArgument("expected an image that gives the model at most " + std::to_string(kMaxPixels) +
                           " pixels, found one of " + Text(size) + ", which would be resized to " + Text(total));
  }
  return plan;
}

}  // namespace trireme::transform
