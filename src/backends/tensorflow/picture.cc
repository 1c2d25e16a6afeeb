// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/picture.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/tensorflow/image.h"
#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

constexpr int64_t kMostBlock = 1 << 12;

int64_t Times(int64_t size, int64_t by) {
  return size == kAnySize || size > kMostDim / by ? kAnySize : size * by;
}

// How TensorFlow's places in the smaller image are ONNX's.
std::vector<Attribute> ResizeAttributes(const Op& op, std::string_view mode) {
  const bool aligned = op.attributes().Bool("align_corners").value_or(false);
  const bool half_pixel = op.attributes().Bool("half_pixel_centers").value_or(false);
  const std::string places = aligned ? "align_corners" : half_pixel ? "half_pixel" : "asymmetric";
  std::vector<Attribute> attributes = {{"mode", std::string(mode)}, {"coordinate_transformation_mode", places}};
  if (mode == "nearest") {
    // The nearest of halves is the larger in either way of TensorFlow's that knows halves.
    attributes.push_back({"nearest_mode", std::string(aligned || half_pixel ? "round_prefer_ceil" : "floor")});
  }
  return attributes;
}

// What blocks of a batch a SpaceToBatchND is about: sides behind the rows of the batch.
struct Cut {
  std::vector<int64_t> sizes;
  std::vector<int64_t> margins;  // two a side: added before, or cropped after
};

Result<Cut> CutOf(const Op& op) {
  const auto sizes = op.Known(1);
  const auto margins = op.Known(2);
  if (!sizes || !margins || margins->size() != 2 * sizes->size() || sizes->empty()) {
    return Unsupported("its blocks are not constants");
  }
  const auto in_range = [](int64_t value) { return value >= 0 && value <= kMostBlock; };
  if (!std::ranges::all_of(*sizes, in_range) || !std::ranges::all_of(*margins, in_range) ||
      std::ranges::find(*sizes, 0) != sizes->end()) {
    return InvalidArgument("its blocks are out of range");
  }
  const std::optional<size_t> rank = op.in(0).rank();
  if (!rank || *rank < sizes->size() + 1 || *rank + sizes->size() > static_cast<size_t>(Shape::kMaxRank)) {
    return Unsupported("the number of dimensions of its input is not known, or does not suit its blocks");
  }
  return Cut{.sizes = *sizes, .margins = *margins};
}

// One open dimension is what is left.
Result<std::string> EmitReshape(Op& op, const std::string& name, Dims dims) {
  if (std::ranges::count(dims, kAnySize) > 1) return Unsupported("the sides of its input are not known");
  return op.Emit("Reshape", {name, op.out().Ints(dims)});
}

// A convolution of blocks that are put together again, as one of the whole image: the block's size is the window's
// gaps, and what is cropped is taken off the padding. What was made of the blocks is then needed by nobody.
bool GiveWholeConv(Op& op, const Cut& cut) {
  const std::shared_ptr<const Blocks> blocks = op.in(0).blocks;
  if (blocks == nullptr || blocks->conv_inputs.empty() || blocks->sizes != cut.sizes) return false;
  const Dims dims = *op.out()[blocks->image].dims;
  const size_t sides = cut.sizes.size();
  std::vector<int64_t> pads(2 * sides, 0);
  Dims made = {dims.front()};
  for (size_t i = 0; i < sides; ++i) {
    pads[i] = blocks->margins[2 * i] - cut.margins[2 * i];
    pads[sides + i] = blocks->margins[2 * i + 1] - cut.margins[2 * i + 1];
    if (pads[i] < 0 || pads[sides + i] < 0) return false;
    const int64_t reach = (blocks->window[i] - 1) * cut.sizes[i];
    const int64_t side = dims[1 + i];
    made.push_back(side == kAnySize ? kAnySize : std::max<int64_t>(side + pads[i] + pads[sides + i] - reach, 0));
  }
  made.push_back(blocks->channels);
  Names inputs = {op.out().NameOf(blocks->image, Layout::kChannelsFirst)};
  inputs.insert(inputs.end(), blocks->conv_inputs.begin(), blocks->conv_inputs.end());
  std::vector<Attribute> attributes = {
      {"pads", std::move(pads)}, {"dilations", cut.sizes}, {"kernel_shape", blocks->window}};
  if (blocks->groups > 1) attributes.push_back({"group", blocks->groups});
  op.Give(op.Emit("Conv", std::move(inputs), std::move(attributes)), op.in(0).type, std::move(made),
          Layout::kChannelsFirst);
  return true;
}

}  // namespace

Status ConvertResize(Op& op, std::string_view mode) {
  ASSIGN_OR_RETURN(Image image, TakeImage(op, 0, 4));
  ElementType type = op.in(0).type;
  if (mode == "linear") {
    image.name = op.Cast(image.name, type, ElementType::kFloat);
    type = ElementType::kFloat;
  }
  const auto known = op.Known(1);
  const bool is_known = known && known->size() == 2;
  std::vector<int64_t> sides(2, kAnySize);
  if (is_known) sides = *known;
  if (std::ranges::any_of(sides, [](int64_t side) { return side == 0 || side > kMostDim || side < kAnySize; })) {
    return InvalidArgument("it makes an image without rows or columns");
  }
  std::string sizes;
  if (is_known && image.batch != kAnySize && image.channels != kAnySize) {
    sizes = op.out().Ints({image.batch, image.channels, sides[0], sides[1]});
  } else {
    const std::string shape = op.Emit("Shape", {image.name}, {{"start", int64_t{0}}, {"end", int64_t{2}}});
    sizes = op.Emit("Concat", {shape, op.AsInt64List(1)}, {{"axis", int64_t{0}}});
  }
  std::string name = op.Emit("Resize", {image.name, "", "", sizes}, ResizeAttributes(op, mode));
  GiveImage(op, image, std::move(name), type, image.channels, std::move(sides));
  return {};
}

Status ConvertDepthToSpace(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const Image image, TakeImage(op, 0, 4));
  const int64_t block = op.attributes().Int("block_size").value_or(0);
  if (block < 1 || block > kMostBlock) return InvalidArgument("its block_size is " + std::to_string(block));
  std::string name = op.Emit("DepthToSpace", {image.name}, {{"blocksize", block}, {"mode", std::string("DCR")}});
  const int64_t channels = image.channels == kAnySize ? kAnySize : image.channels / (block * block);
  GiveImage(op, image, std::move(name), op.in(0).type, channels,
            {Times(image.sides[0], block), Times(image.sides[1], block)});
  return {};
}

Status ConvertSpaceToDepth(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const Image image, TakeImage(op, 0, 4));
  const int64_t block = op.attributes().Int("block_size").value_or(0);
  if (block < 1 || block > kMostBlock) return InvalidArgument("its block_size is " + std::to_string(block));
  std::string name = op.Emit("SpaceToDepth", {image.name}, {{"blocksize", block}});
  std::vector<int64_t> sides;
  for (const int64_t side : image.sides) sides.push_back(side == kAnySize ? kAnySize : side / block);
  GiveImage(op, image, std::move(name), op.in(0).type, Times(image.channels, block * block), std::move(sides));
  return {};
}

// {rows, sides, rest} -> {blocks, rows, sides / blocks, rest}
Status ConvertSpaceToBatch(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const Cut blocks, CutOf(op));
  const Value in = op.in(0);
  const size_t sides = blocks.sizes.size();
  const size_t rank = in.dims->size();
  std::vector<int64_t> pads(2 * rank, 0);
  Dims apart = {(*in.dims)[0]};
  Dims result = {(*in.dims)[0]};
  std::vector<int64_t> order;
  for (size_t i = 0; i < sides; ++i) {
    pads[1 + i] = blocks.margins[2 * i];
    pads[rank + 1 + i] = blocks.margins[2 * i + 1];
    const int64_t side = (*in.dims)[1 + i];
    const int64_t block = blocks.sizes[i];
    const int64_t whole = side == kAnySize ? kAnySize : side + pads[1 + i] + pads[rank + 1 + i];
    if (whole != kAnySize && whole % block != 0) return InvalidArgument("its input cannot be cut into blocks");
    const int64_t count = whole == kAnySize ? kAnySize : whole / block;
    apart.insert(apart.end(), {count, block});
    result.push_back(count);
    result[0] = Times(result[0], block);
    order.push_back(static_cast<int64_t>(2 + 2 * i));
  }
  order.push_back(0);
  for (size_t i = 0; i < sides; ++i) order.push_back(static_cast<int64_t>(1 + 2 * i));
  for (size_t i = sides + 1; i < rank; ++i) {
    apart.push_back((*in.dims)[i]);
    result.push_back((*in.dims)[i]);
    order.push_back(static_cast<int64_t>(sides + i));
  }
  std::string name = op.Emit("Pad", {op.AsIs(0), op.out().Ints(pads)});
  ASSIGN_OR_RETURN(name, EmitReshape(op, name, apart));
  name = op.Emit("Transpose", {name}, {{"perm", order}});
  ASSIGN_OR_RETURN(name, EmitReshape(op, name, result));
  op.Give(std::move(name), in.type, std::move(result));
  Blocks made{.image = op.id(0), .sizes = blocks.sizes, .margins = blocks.margins, .conv_inputs = {}, .window = {}};
  op.out().Note(op.outputs().front(), std::move(made));
  return {};
}

// And back.
Status ConvertBatchToSpace(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const Cut blocks, CutOf(op));
  const Value in = op.in(0);
  const size_t sides = blocks.sizes.size();
  const size_t rank = in.dims->size();
  if (GiveWholeConv(op, blocks)) return {};
  int64_t all = 1;
  for (const int64_t block : blocks.sizes) all = std::min(all * block, kMostDim);
  const int64_t rows = (*in.dims)[0];
  if (rows != kAnySize && rows % all != 0) return InvalidArgument("its rows cannot be put together in blocks");
  Dims apart = blocks.sizes;
  apart.push_back(rows == kAnySize ? kAnySize : rows / all);
  Dims whole = {apart.back()};
  std::vector<int64_t> order = {static_cast<int64_t>(sides)};
  for (size_t i = 0; i < sides; ++i) {
    const int64_t side = (*in.dims)[1 + i];
    apart.push_back(side);
    whole.push_back(Times(side, blocks.sizes[i]));
    order.insert(order.end(), {static_cast<int64_t>(sides + 1 + i), static_cast<int64_t>(i)});
  }
  for (size_t i = sides + 1; i < rank; ++i) {
    apart.push_back((*in.dims)[i]);
    whole.push_back((*in.dims)[i]);
    order.push_back(static_cast<int64_t>(sides + i));
  }
  ASSIGN_OR_RETURN(std::string name, EmitReshape(op, op.AsIs(0), apart));
  name = op.Emit("Transpose", {name}, {{"perm", order}});
  ASSIGN_OR_RETURN(name, EmitReshape(op, name, whole));
  std::vector<int64_t> begin;
  std::vector<int64_t> end;
  std::vector<int64_t> axes;
  for (size_t i = 0; i < sides; ++i) {
    begin.push_back(blocks.margins[2 * i]);
    const int64_t behind = blocks.margins[2 * i + 1];
    end.push_back(behind == 0 ? INT64_MAX : -behind);
    axes.push_back(static_cast<int64_t>(1 + i));
    int64_t& side = whole[1 + i];
    if (side != kAnySize) side = std::max<int64_t>(side - begin.back() - behind, 0);
  }
  name = op.Emit("Slice", {name, op.out().Ints(begin), op.out().Ints(end), op.out().Ints(axes)});
  op.Give(std::move(name), in.type, std::move(whole));
  return {};
}

}  // namespace trireme::tensorflow
