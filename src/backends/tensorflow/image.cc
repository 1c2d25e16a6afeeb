// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/image.h"

#include <algorithm>
#include <utility>

namespace trireme::tensorflow {
namespace {

constexpr int64_t kMostWindow = 1 << 20;  // rows or columns; more would be a mistake

bool IsChannelsFirst(std::string_view format) {
  return format == "NCHW" || format == "NCDHW" || format == "NCW";
}

// How many rows or columns SAME puts around one side, both ends together.
int64_t SamePadding(int64_t side, int64_t window, int64_t stride) {
  const int64_t out = (side + stride - 1) / stride;
  return std::max<int64_t>((out - 1) * stride + window - side, 0);
}

int64_t OutputSide(int64_t side, int64_t window, int64_t stride, int64_t padding) {
  if (side == kAnySize) return kAnySize;
  return std::max<int64_t>((side + padding - window) / stride + 1, 0);
}

// explicit_paddings has two numbers for every dimension of TensorFlow's.
Result<std::vector<int64_t>> ExplicitPads(const Op& op, const Image& image) {
  const std::vector<int64_t> given = op.attributes().Ints("explicit_paddings");
  if (given.size() != 2 * image.rank()) return InvalidArgument("explicit_paddings has not two numbers a dimension");
  const size_t first = image.channels_last ? 1 : 2;
  std::vector<int64_t> pads;
  for (const size_t end : {0, 1}) {
    for (size_t i = 0; i < image.sides.size(); ++i) pads.push_back(given[2 * (first + i) + end]);
  }
  const bool in_range = std::ranges::all_of(pads, [](int64_t pad) { return pad >= 0 && pad <= kMostWindow; });
  if (!in_range) return InvalidArgument("explicit_paddings has a number out of range");
  return pads;
}

std::vector<int64_t> SamePads(const Image& image, const Window& window, const std::vector<int64_t>& reach) {
  std::vector<int64_t> pads(2 * image.sides.size(), 0);
  for (size_t i = 0; i < image.sides.size(); ++i) {
    const int64_t side =
        image.sides[i] == kAnySize ? window.strides[i] : image.sides[i];  // with a stride of 1 any will do
    const int64_t both = SamePadding(side, reach[i], window.strides[i]);
    pads[i] = both / 2;
    pads[image.sides.size() + i] = both - both / 2;
  }
  return pads;
}

Result<Image> ImageOf(Op& op, ValueId id, size_t rank) {
  const Value& value = op.out()[id];
  if (value.rank() != rank) {
    return Unsupported("its input should have " + std::to_string(rank) + " dimensions, and " +
                       (value.rank() ? "has " + std::to_string(*value.rank()) : "nobody knows how many it has"));
  }
  Image image{.name = {}, .sides = {}, .pads = {}};
  image.channels_last = !IsChannelsFirst(op.attributes().Text("data_format").value_or(""));
  const Dims first = image.channels_last ? Permuted(*value.dims, ToChannelsFirst(rank)) : *value.dims;
  image.batch = first[0];
  image.channels = first[1];
  image.sides.assign(first.begin() + 2, first.end());
  image.name = op.out().NameOf(id, image.channels_last ? Layout::kChannelsFirst : Layout::kAsIs);
  return image;
}

}  // namespace

Result<Image> TakeImage(Op& op, size_t input, size_t rank) {
  return ImageOf(op, op.id(input), rank);
}

Result<Image> TakeUnpadded(Op& op, size_t input, size_t rank, const std::function<bool(const Margins&)>& wants) {
  const std::shared_ptr<const Margins> margins = op.in(input).margins;
  const bool is_valid = op.attributes().Text("padding").value_or("VALID") == "VALID";
  if (margins == nullptr || !is_valid || margins->pads.size() != 2 * rank) return TakeImage(op, input, rank);
  const bool channels_last = !IsChannelsFirst(op.attributes().Text("data_format").value_or(""));
  const size_t channels = channels_last ? rank - 1 : 1;
  const size_t first = channels_last ? 1 : 2;
  const auto is_padded = [&](size_t dim) { return margins->pads[2 * dim] != 0 || margins->pads[2 * dim + 1] != 0; };
  const bool in_range = std::ranges::all_of(margins->pads, [](int64_t pad) { return pad <= kMostWindow; });
  if (is_padded(0) || is_padded(channels) || !in_range || !wants(*margins)) return TakeImage(op, input, rank);
  ASSIGN_OR_RETURN(Image image, ImageOf(op, margins->image, rank));
  for (const size_t end : {0, 1}) {
    for (size_t i = 0; i < image.sides.size(); ++i) image.pads.push_back(margins->pads[2 * (first + i) + end]);
  }
  return image;
}

void GiveImage(Op& op, const Image& from, std::string name, ElementType type, int64_t channels,
               std::vector<int64_t> sides, size_t output) {
  Dims dims = {from.batch};
  if (!from.channels_last) dims.push_back(channels);
  dims.insert(dims.end(), sides.begin(), sides.end());
  if (from.channels_last) dims.push_back(channels);
  const Layout layout = from.channels_last ? Layout::kChannelsFirst : Layout::kAsIs;
  op.Give(output, std::move(name), type, std::move(dims), layout);
}

Result<std::vector<int64_t>> SideValues(const Op& op, std::string_view attribute, const Image& image) {
  const std::vector<int64_t> given = op.attributes().Ints(attribute);
  if (given.empty()) return std::vector<int64_t>(image.sides.size(), 1);
  if (given.size() != image.rank()) {
    return InvalidArgument(std::string(attribute) + " has " + std::to_string(given.size()) + " numbers: expected " +
                           std::to_string(image.rank()));
  }
  const size_t first = image.channels_last ? 1 : 2;
  std::vector<int64_t> values(given.begin() + static_cast<int64_t>(first),
                              given.begin() + static_cast<int64_t>(first + image.sides.size()));
  for (const int64_t value : values) {
    if (value < 1 || value > kMostWindow) {
      return InvalidArgument(std::string(attribute) + " is " + std::to_string(value) + " in one direction");
    }
  }
  const int64_t of_channels = given[image.channels_last ? image.rank() - 1 : 1];
  if (given[0] != 1 || of_channels != 1) {
    return Unsupported(std::string(attribute) + " is more than 1 across the batch or the channels");
  }
  return values;
}

Result<Padding> PaddingOf(const Op& op, const Image& image, const Window& window) {
  std::vector<int64_t> reach;
  for (size_t i = 0; i < window.size.size(); ++i) {
    if (window.size[i] < 1 || window.size[i] > kMostWindow) return InvalidArgument("its window is empty or too large");
    reach.push_back((window.size[i] - 1) * window.dilations[i] + 1);
  }
  const std::string_view kind = op.attributes().Text("padding").value_or("VALID");
  const size_t sides = image.sides.size();
  std::vector<int64_t> pads(2 * sides, 0);
  bool is_same_open = false;
  if (kind == "EXPLICIT") {
    ASSIGN_OR_RETURN(pads, ExplicitPads(op, image));
  } else if (kind == "SAME") {
    for (size_t i = 0; i < sides; ++i) is_same_open |= image.sides[i] == kAnySize && window.strides[i] > 1;
    pads = SamePads(image, window, reach);
  } else if (kind != "VALID") {
    return Unsupported("its padding is " + std::string(kind));
  } else if (!image.pads.empty()) {
    pads = image.pads;
  }
  Padding padding{.attributes = {}, .sides = {}};
  for (size_t i = 0; i < sides; ++i) {
    padding.sides.push_back(OutputSide(image.sides[i], reach[i], window.strides[i], pads[i] + pads[sides + i]));
  }
  // How much it is depends on the image: the runtime works it out.
  if (is_same_open) {
    padding.attributes.push_back({"auto_pad", std::string("SAME_UPPER")});
  } else {
    padding.attributes.push_back({"pads", std::move(pads)});
  }
  return padding;
}

}  // namespace trireme::tensorflow
