// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/status.h"
#include "tensor/data_type.h"
#include "tensor/shape.h"
#include "transform/image.h"
#include "transform/resize.h"

namespace trireme::transform {

enum class ColourOrder : uint8_t { kRgb, kBgr, kGrey };
enum class Layout : uint8_t { kNchw, kNhwc };

// What is done with a picture before a model sees it, in the order of the members. Sizes follow torchvision's rules, so
// that a pipeline of its transforms (Resize, CenterCrop, ToTensor, Normalize) can be written down here to the pixel.
struct ImageSteps {
  enum class ResizeTo : uint8_t {
    kAsItIs,
    kShorterSide,  // becomes `side`; the other keeps the proportion, rounded down
    kExact,        // `size`, whatever the proportion
    kLongestSide,  // becomes `side`, the other keeps the proportion; then filled up to a square, half of it on each
                   // side, the smaller half first
  };

  // The filter of kGrey is applied to the grey picture, as if it had been converted when it was opened.
  ColourOrder order = ColourOrder::kRgb;

  ResizeTo resize = ResizeTo::kAsItIs;
  int64_t side = 0;
  ImageSize size;
  Filter filter = Filter::kBilinear;
  uint8_t filling = 0;  // of kLongestSide

  // The middle of the picture. One that is smaller is filled up with black on all sides.
  std::optional<ImageSize> crop;

  // Each value: divided by 255, less the mean, divided by the deviation; in 32 bits, as PyTorch computes it. Means and
  // deviations are of the channels in `order`, or there are none.
  bool divide_by_255 = true;
  std::vector<float> mean;
  std::vector<float> deviation;

  DataType type = DataType::kFp32;  // or kFp16, or kUint8, of which values are left as they are
  Layout layout = Layout::kNchw;

  // A JPEG is decoded in full, even where an eighth of its size would do: bit for bit what Pillow makes of it.
  bool decode_in_full = false;

  int64_t channels() const { return order == ColourOrder::kGrey ? 1 : kChannels; }

  bool operator==(const ImageSteps&) const = default;
};

// What TorchServe's image_classifier does: 256, 224 x 224, means and deviations of ImageNet.
ImageSteps ImagenetSteps();

// The steps make sense together; the message names the member that does not. For those who read them from a file.
Status CheckSteps(const ImageSteps& steps);

// The shape of a picture for the model, without rows: [3,224,224]; kAny where it depends on the picture.
Shape RowShape(const ImageSteps& steps);

// The same for a picture of that size. kInvalidArgument: it would become too large; says how large.
Result<Shape> RowShape(const ImageSteps& steps, ImageSize size);

// How one side of a picture goes through the steps: resized to `resized` pixels, of which `count` from `offset` on are
// kept, with `before` pixels of filling before them, `total` in all.
struct SidePlan {
  int64_t resized = 0;
  int64_t offset = 0;
  int64_t count = 0;
  int64_t before = 0;
  int64_t total = 0;

  bool operator==(const SidePlan&) const = default;
};

struct PicturePlan {
  SidePlan across;
  SidePlan down;

  ImageSize resized() const { return {.width = across.resized, .height = down.resized}; }
};

Result<PicturePlan> PlanPicture(const ImageSteps& steps, ImageSize size);

}  // namespace trireme::transform
