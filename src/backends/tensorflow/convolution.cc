// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/convolution.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/tensorflow/image.h"
#include "backends/tensorflow/matrix.h"

namespace trireme::tensorflow {
namespace {

// A filter as ONNX takes it: {channels out, channels in of a group, sides}.
struct Filter {
  std::string name;
  std::vector<int64_t> sides;
  int64_t channels_in = kAnySize;  // of one group
  int64_t channels_out = kAnySize;
};

std::string Reordered(Op& op, size_t input, const Dims& dims, const std::vector<int64_t>& order) {
  const Value& value = op.in(input);
  if (value.literal != nullptr) return op.out().PermutedLiteral(*value.literal, dims, order);
  std::string name = op.AsIs(input);
  if (dims != *value.dims) name = op.Emit("Reshape", {name, op.out().Ints(dims)});
  return op.Emit("Transpose", {name}, {{"perm", order}});
}

Result<Dims> FilterDims(Op& op, size_t rank) {
  const std::optional<Dims>& dims = op.in(1).dims;
  if (!dims || dims->size() != rank || !ElementCount(*dims).value_or(0)) {
    return Unsupported("the shape of its filter is not known, or is not that of a filter");
  }
  return *dims;
}

// {sides, in, out} -> {out, in, sides}
std::vector<int64_t> FilterOrder(size_t rank) {
  std::vector<int64_t> order = {static_cast<int64_t>(rank) - 1, static_cast<int64_t>(rank) - 2};
  for (size_t i = 0; i + 2 < rank; ++i) order.push_back(static_cast<int64_t>(i));
  return order;
}

Result<Filter> TakeFilter(Op& op, size_t rank) {
  ASSIGN_OR_RETURN(const Dims dims, FilterDims(op, rank));
  Filter filter{.name = Reordered(op, 1, dims, FilterOrder(rank)),
                .sides = {dims.begin(), dims.end() - 2},
                .channels_in = dims[rank - 2],
                .channels_out = dims[rank - 1]};
  return filter;
}

// {sides, channels, times} -> {channels * times, 1, sides}: each channel is a group of its own.
Result<Filter> TakeDepthwiseFilter(Op& op) {
  constexpr size_t kRank = 4;
  ASSIGN_OR_RETURN(const Dims dims, FilterDims(op, kRank));
  const int64_t out = dims[2] * dims[3];
  return Filter{.name = Reordered(op, 1, {dims[0], dims[1], 1, out}, FilterOrder(kRank)),
                .sides = {dims[0], dims[1]},
                .channels_in = 1,
                .channels_out = out};
}

struct ConvOutput {
  Image image;
  std::string name;
  int64_t channels = kAnySize;
  std::vector<int64_t> sides;
  std::optional<Blocks> blocks;  // if the image was cut into these
};

bool AreOnes(const std::vector<int64_t>& values) {
  return std::ranges::all_of(values, [](int64_t value) { return value == 1; });
}

// Of blocks, if it is one that can be made a convolution of the whole image.
std::optional<Blocks> OfBlocks(const Op& op, const Image& image, const Window& window) {
  const std::shared_ptr<const Blocks>& blocks = op.in(0).blocks;
  const bool fits = blocks != nullptr && blocks->conv_inputs.empty() && blocks->sizes.size() == image.sides.size() &&
                    image.channels_last && op.attributes().Text("padding") == "VALID" && AreOnes(window.strides) &&
                    AreOnes(window.dilations);
  if (!fits) return std::nullopt;
  Blocks made = *blocks;
  made.window = window.size;
  return made;
}

// `more` are inputs behind image and filter: a bias.
Result<ConvOutput> EmitConv(Op& op, bool is_depthwise, Names more) {
  const size_t rank = op.name().starts_with("Conv3D") ? 5 : 4;
  ASSIGN_OR_RETURN(Image image, TakeUnpadded(op, 0, rank, [](const Margins&) { return true; }));
  ASSIGN_OR_RETURN(Filter filter, is_depthwise ? TakeDepthwiseFilter(op) : TakeFilter(op, rank));
  Window window{.size = filter.sides, .strides = {}, .dilations = {}};
  ASSIGN_OR_RETURN(window.strides, SideValues(op, "strides", image));
  ASSIGN_OR_RETURN(window.dilations, SideValues(op, "dilations", image));
  if (image.channels != kAnySize && image.channels % filter.channels_in != 0) {
    return InvalidArgument("its input has " + std::to_string(image.channels) + " channels, and its filter takes " +
                           std::to_string(filter.channels_in));
  }
  const int64_t groups =
      image.channels == kAnySize ? (is_depthwise ? (*op.in(1).dims)[2] : 1) : image.channels / filter.channels_in;
  if (groups < 1 || filter.channels_out % groups != 0) return InvalidArgument("its filter does not fit its input");
  ASSIGN_OR_RETURN(Padding padding, PaddingOf(op, image, window));
  std::vector<Attribute> attributes = std::move(padding.attributes);
  attributes.push_back({"strides", window.strides});
  attributes.push_back({"dilations", window.dilations});
  attributes.push_back({"kernel_shape", window.size});
  if (groups > 1) attributes.push_back({"group", groups});
  Names inputs = {image.name, filter.name};
  std::ranges::move(more, std::back_inserter(inputs));
  std::optional<Blocks> blocks = OfBlocks(op, image, window);
  if (blocks) {
    blocks->conv_inputs.assign(inputs.begin() + 1, inputs.end());
    blocks->groups = groups;
    blocks->channels = filter.channels_out;
  }
  std::string name = op.Emit("Conv", std::move(inputs), std::move(attributes));
  return ConvOutput{.image = std::move(image),
                    .name = std::move(name),
                    .channels = filter.channels_out,
                    .sides = std::move(padding.sides),
                    .blocks = std::move(blocks)};
}

void Give(Op& op, ConvOutput made) {
  GiveImage(op, made.image, std::move(made.name), op.in(0).type, made.channels, std::move(made.sides));
  if (made.blocks) op.out().Note(op.outputs().front(), *std::move(made.blocks));
}

Status ConvertPlain(Op& op, bool is_depthwise) {
  ASSIGN_OR_RETURN(ConvOutput made, EmitConv(op, is_depthwise, {}));
  Give(op, std::move(made));
  return {};
}

// A value of one element a channel, against an image with its channels first or (sides: 0) a matrix.
std::string PerChannel(Op& op, size_t input, size_t sides) {
  if (sides == 0) return op.AsIs(input);
  std::vector<int64_t> target(sides + 1, 1);
  target.front() = -1;
  const Value& value = op.in(input);
  if (value.literal != nullptr && value.rank() == 1) {
    Dims dims(sides + 2, 1);
    dims.back() = value.dims->front();
    return op.out().PermutedLiteral(*value.literal, dims, ToChannelsFirst(sides + 2));
  }
  return op.Emit("Reshape", {op.AsIs(input), op.out().Ints(target)});
}

std::string EmitBatchNorm(Op& op, const std::string& input, size_t first, float epsilon) {
  return op.Emit("BatchNormalization",
                 {input, op.AsIs(first), op.AsIs(first + 1), op.AsIs(first + 2), op.AsIs(first + 3)},
                 {{"epsilon", epsilon}});
}

// What a fused operator does after its own work, in order. `argument` is the input that the next step takes.
Result<std::string> EmitFused(Op& op, std::string_view step, std::string input, size_t sides, size_t& argument) {
  const auto needs = [&](size_t count) {
    return argument + count <= op.inputs() ? Status()
                                           : InvalidArgument("it has too few inputs for " + std::string(step));
  };
  const ElementType type = op.in(0).type;
  if (step == "BiasAdd") {
    RETURN_IF_ERROR(needs(1));
    const std::string bias = PerChannel(op, argument++, sides);
    return op.Emit("Add", {std::move(input), bias});
  }
  if (step == "Prelu") {
    RETURN_IF_ERROR(needs(1));
    const std::string slope = PerChannel(op, argument++, sides);
    return op.Emit("PRelu", {std::move(input), slope});
  }
  if (step == "FusedBatchNorm") {
    RETURN_IF_ERROR(needs(4));
    argument += 4;
    return EmitBatchNorm(op, input, argument - 4, op.attributes().Float("epsilon").value_or(1e-4F));
  }
  if (step == "Relu" || step == "Elu" || step == "Tanh" || step == "Sigmoid") {
    return op.Emit(std::string(step), {std::move(input)});
  }
  if (step == "Relu6") return op.Emit("Clip", {std::move(input), op.out().Number(0, type), op.out().Number(6, type)});
  if (step == "LeakyRelu") {
    return op.Emit("LeakyRelu", {std::move(input)},
                   {{"alpha", op.attributes().Float("leakyrelu_alpha").value_or(0.2F)}});
  }
  return Unsupported("it is fused with " + std::string(step));
}

Status ConvertFused(Op& op, bool is_depthwise) {
  std::vector<std::string_view> steps = op.attributes().Texts("fused_ops");
  size_t argument = 2;
  Names bias;
  // A bias that stands first is a convolution's own.
  if (!steps.empty() && steps.front() == "BiasAdd" && op.inputs() > 2 && op.in(2).rank() == 1) {
    bias.push_back(op.AsIs(argument++));
    steps.erase(steps.begin());
  }
  ASSIGN_OR_RETURN(ConvOutput made, EmitConv(op, is_depthwise, std::move(bias)));
  if (!steps.empty()) made.blocks.reset();
  const bool is_never_negative = !steps.empty() && (steps.back() == "Relu" || steps.back() == "Relu6");
  for (const std::string_view step : steps) {
    ASSIGN_OR_RETURN(made.name, EmitFused(op, step, std::move(made.name), made.sides.size(), argument));
  }
  Give(op, std::move(made));
  if (is_never_negative) op.out().NoteNeverNegative(op.outputs().front());
  return {};
}

// Of a transposed convolution, one side: what ONNX pads and appends so that `out` comes of `in`.
struct TransposedSide {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t append = 0;
};

TransposedSide SideOf(int64_t surplus) {
  if (surplus < 0) return {.append = -surplus};
  return {.begin = surplus / 2, .end = surplus - surplus / 2};
}

// ONNX Runtime (as of 1.29) makes a Pad of zeros a part of the MaxPool behind it, which pads with the least number
// there is: other maxima come of that, and pads that it then refuses itself. What differs from zero by next to nothing
// is left where it is.
void KeepPadApart(Op& op, const Image& image) {
  onnxfile::Node* producer = op.out().ProducerOf(image.name);
  if (producer == nullptr || producer->op_type != "Pad" || op.in(0).type != ElementType::kFloat) return;
  if (producer->inputs.size() > 2) return;
  const std::string nearly_zero = op.out().Number(std::numeric_limits<float>::min(), ElementType::kFloat);
  producer->inputs.push_back(nearly_zero);
}

// Whether a maximum never tells zeros around an image from the least numbers there are: in each window there is
// something of the image, and that is not less.
bool IsNeverSeen(const Op& op, const Margins& margins) {
  const std::vector<int64_t> window = op.attributes().Ints("ksize");
  if (!op.out()[margins.image].is_never_negative || margins.pads.size() != 2 * window.size()) return false;
  for (size_t i = 0; i < margins.pads.size(); ++i) {
    if (margins.pads[i] != 0 && margins.pads[i] >= window[i / 2]) return false;
  }
  return true;
}

}  // namespace

Status ConvertConv(Op& op, std::string_view) {
  return ConvertPlain(op, false);
}

Status ConvertDepthwiseConv(Op& op, std::string_view) {
  return ConvertPlain(op, true);
}

Status ConvertFusedConv(Op& op, std::string_view) {
  return ConvertFused(op, false);
}

Status ConvertFusedDepthwiseConv(Op& op, std::string_view) {
  return ConvertFused(op, true);
}

// Takes {sizes of what it gives, filter of sides, out, in, the image}.
Status ConvertConvBackpropInput(Op& op, std::string_view) {
  constexpr size_t kRank = 4;
  ASSIGN_OR_RETURN(const Image image, TakeImage(op, 2, kRank));
  ASSIGN_OR_RETURN(const Filter filter, TakeFilter(op, kRank));  // for the way back out and in change places
  ASSIGN_OR_RETURN(const std::vector<int64_t> strides, SideValues(op, "strides", image));
  ASSIGN_OR_RETURN(const std::vector<int64_t> dilations, SideValues(op, "dilations", image));
  const std::string_view padding = op.attributes().Text("padding").value_or("VALID");
  if (padding != "SAME" && padding != "VALID") return Unsupported("its padding is " + std::string(padding));
  const std::optional<std::vector<int64_t>>& sizes = op.in(0).known;
  std::vector<int64_t> out_sides;
  std::vector<int64_t> pads(2 * image.sides.size(), 0);
  std::vector<int64_t> append;
  for (size_t i = 0; i < image.sides.size(); ++i) {
    const int64_t reach = (filter.sides[i] - 1) * dilations[i] + 1;
    const size_t at = (image.channels_last ? 1 : 2) + i;
    const int64_t wanted = sizes && sizes->size() == kRank ? (*sizes)[at] : kOpenElement;
    const bool is_open = image.sides[i] == kAnySize || wanted < 0 || wanted > kMostDim;
    // With SAME what comes is as many times larger as the stride, with VALID all that the window reaches.
    int64_t surplus = padding == "SAME" ? reach - strides[i] : std::min<int64_t>(reach - strides[i], 0);
    if (!is_open) surplus = (image.sides[i] - 1) * strides[i] + reach - wanted;
    const TransposedSide side = SideOf(surplus);
    pads[i] = side.begin;
    pads[image.sides.size() + i] = side.end;
    append.push_back(side.append);
    out_sides.push_back(is_open ? kAnySize : wanted);
  }
  std::string name = op.Emit("ConvTranspose", {image.name, filter.name},
                             {{"strides", strides},
                              {"dilations", dilations},
                              {"kernel_shape", filter.sides},
                              {"pads", pads},
                              {"output_padding", append}});
  GiveImage(op, image, std::move(name), op.in(2).type, filter.channels_in, std::move(out_sides));
  return {};
}

Status ConvertPool(Op& op, std::string_view onnx) {
  const size_t rank = op.name().find("3D") == std::string_view::npos ? 4 : 5;
  ASSIGN_OR_RETURN(const Image image, TakeUnpadded(op, 0, rank, [&](const Margins& margins) {
                     return onnx == "MaxPool" && IsNeverSeen(op, margins);
                   }));
  Window window{.size = {}, .strides = {}, .dilations = std::vector<int64_t>(image.sides.size(), 1)};
  ASSIGN_OR_RETURN(window.size, SideValues(op, "ksize", image));
  ASSIGN_OR_RETURN(window.strides, SideValues(op, "strides", image));
  ASSIGN_OR_RETURN(Padding padding, PaddingOf(op, image, window));
  padding.attributes.push_back({"kernel_shape", window.size});
  padding.attributes.push_back({"strides", window.strides});
  if (onnx == "MaxPool") KeepPadApart(op, image);
  std::string name = op.Emit(std::string(onnx), {image.name}, std::move(padding.attributes));
  GiveImage(op, image, std::move(name), op.in(0).type, image.channels, std::move(padding.sides));
  return {};
}

Status ConvertFusedBatchNorm(Op& op, std::string_view) {
  if (op.attributes().Bool("is_training").value_or(true)) {
    return Unsupported("it is written for training (is_training)");
  }
  ASSIGN_OR_RETURN(const Image image, TakeImage(op, 0, op.in(0).rank() == 5 ? 5 : 4));
  std::string name = EmitBatchNorm(op, image.name, 1, op.attributes().Float("epsilon").value_or(1e-4F));
  GiveImage(op, image, std::move(name), op.in(0).type, image.channels, image.sides);
  return {};
}

Status ConvertLrn(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const Image image, TakeImage(op, 0, 4));
  const int64_t size = 2 * std::clamp<int64_t>(op.attributes().Int("depth_radius").value_or(5), 0, 1 << 16) + 1;
  const float alpha = op.attributes().Float("alpha").value_or(1) * static_cast<float>(size);
  std::string name = op.Emit("LRN", {image.name},
                             {{"size", size},
                              {"alpha", alpha},
                              {"beta", op.attributes().Float("beta").value_or(0.5F)},
                              {"bias", op.attributes().Float("bias").value_or(1)}});
  GiveImage(op, image, std::move(name), op.in(0).type, image.channels, image.sides);
  return {};
}

Status ConvertFusedMatMul(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(MatrixProduct made, EmitMatMul(op, "transpose_a", "transpose_b"));
  size_t argument = 2;
  for (const std::string_view step : op.attributes().Texts("fused_ops")) {
    ASSIGN_OR_RETURN(made.name, EmitFused(op, step, std::move(made.name), 0, argument));
  }
  op.Give(std::move(made.name), op.in(0).type, std::move(made.dims));
  return {};
}

}  // namespace trireme::tensorflow
