// SPDX-License-Identifier: Apache-2.0
#include "transform/model_transform.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trireme::transform {
namespace {

constexpr const char* kImage = "transform.image";

// Where one picture's dimensions lie in the shape of an input, and what they say.
struct PictureShape {
  bool has_rows = false;
  Layout layout = Layout::kNchw;
  int64_t channels = 3;
  ImageSize size;  // kAny: any
};

Status Wrong(const std::string& field, const std::string& expected, const std::string& found) {
  return InvalidArgument(field + ": expected " + expected + ", found " + found);
}

bool IsPictureType(DataType type) {
  return type == DataType::kFp32 || type == DataType::kFp16 || type == DataType::kUint8;
}

bool MayBeChannels(int64_t dim) {
  return dim == 3 || dim == 1;
}

// Nothing: the dimensions do not say which of them are the channels.
std::optional<Layout> LayoutOf(std::span<const int64_t> dims) {
  const bool first = MayBeChannels(dims[0]);
  const bool last = MayBeChannels(dims[2]);
  std::optional<Layout> layout;
  if (first != last) layout = first ? Layout::kNchw : Layout::kNhwc;
  return layout;
}

bool MayBePicture(const TensorSpec& spec) {
  const size_t rank = spec.shape.rank();
  if (!IsPictureType(spec.type) || (rank != 3 && rank != 4)) return false;
  const auto dims = spec.shape.dims().last(3);
  return MayBeChannels(dims[0]) || MayBeChannels(dims[2]);
}

Result<size_t> InputOf(const std::string& name, const std::vector<TensorSpec>& inputs) {
  if (!name.empty()) {
    const int index = FindSpec(inputs, name);
    if (index >= 0) return static_cast<size_t>(index);
    std::string names;
    for (const TensorSpec& input : inputs) names += (names.empty() ? "'" : ", '") + input.name + "'";
    return Wrong(std::string(kImage) + ".input", "one of the model's inputs, " + names, "'" + name + "'");
  }
  std::optional<size_t> found;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!MayBePicture(inputs[i])) continue;
    if (found) return Wrong(std::string(kImage) + ".input", "the name of one of several that may be pictures", "none");
    found = i;
  }
  if (found) return *found;
  return Wrong(kImage,
               "a model with an input of FP32, FP16 or UINT8 and [rows,3,height,width] or [rows,height,width,3]",
               "none");
}

Result<PictureShape> PictureShapeOf(const TensorSpec& spec, std::optional<Layout> layout) {
  const size_t rank = spec.shape.rank();
  const std::string what = "input '" + spec.name + "' of " + std::string(Name(spec.type)) + " " + spec.shape.ToString();
  if (!IsPictureType(spec.type) || (rank != 3 && rank != 4)) {
    return Wrong(kImage, "an input of FP32, FP16 or UINT8 with three dimensions, or four with rows", what);
  }
  const auto dims = spec.shape.dims().last(3);
  if (!layout) layout = LayoutOf(dims);
  if (!layout) return Wrong(std::string(kImage) + ".layout", "nchw or nhwc, which the shape does not tell", what);
  const bool first = *layout == Layout::kNchw;
  PictureShape shape{.has_rows = rank == 4, .layout = *layout, .channels = first ? dims[0] : dims[2]};
  if (shape.channels == Shape::kAny) shape.channels = 3;
  if (!MayBeChannels(shape.channels)) {
    return Wrong(std::string(kImage) + ".layout", "three channels, or one of grey", what);
  }
  shape.size = {.width = first ? dims[2] : dims[1], .height = first ? dims[1] : dims[0]};
  return shape;
}

// As ImageNet's classifiers are evaluated: the middle 7/8 of the picture.
int64_t UsualShorterSide(int64_t side) {
  return std::llround(static_cast<double>(side) * 256 / 224);
}

Status DecideSize(const ImageWish& wish, ImageSize size, ImageSteps& steps) {
  const bool is_fixed = size.width > 0 && size.height > 0;
  steps.resize = wish.resize.value_or(ImageSteps::ResizeTo::kAsItIs);
  steps.side = wish.side;
  steps.size = wish.size;
  steps.crop = wish.crop;
  if (!is_fixed) return {};
  if (!wish.resize && !wish.crop && (size.width != size.height || wish.no_crop)) {
    steps.resize = ImageSteps::ResizeTo::kExact;
    steps.size = size;
  } else if (!wish.resize) {
    steps.resize = ImageSteps::ResizeTo::kShorterSide;
    steps.side = UsualShorterSide(std::min(size.width, size.height));
  }
  if (steps.resize != ImageSteps::ResizeTo::kShorterSide || steps.crop) return {};
  if (!wish.no_crop) steps.crop = size;
  if (steps.crop) return {};
  return Wrong(std::string(kImage) + ".crop",
               "a crop where the shorter side is resized, of a model that takes " + std::to_string(size.width) + "x" +
                   std::to_string(size.height) + " pixels (or resize: {width: ..., height: ...})",
               "none");
}

Status DecideKnownScale(ValueScale::Known known, ImageSteps& steps) {
  const auto channels = static_cast<size_t>(steps.channels());
  if (known == ValueScale::Known::kMinusOneToOne) {
    steps.mean.assign(channels, 0.5F);
    steps.deviation.assign(channels, 0.5F);
    return {};
  }
  if (steps.order == ColourOrder::kGrey) {
    return Wrong(std::string(kImage) + ".normalise",
                 "minus_one_to_one, zero_to_one, none, or one mean and one std, of grey pictures", "imagenet");
  }
  const ImageSteps imagenet = ImagenetSteps();
  steps.mean = imagenet.mean;
  steps.deviation = imagenet.deviation;
  if (steps.order == ColourOrder::kBgr) {
    std::ranges::reverse(steps.mean);
    std::ranges::reverse(steps.deviation);
  }
  return {};
}

Status DecideScale(const ImageWish& wish, const TensorSpec& spec, ImageSteps& steps) {
  if (wish.scale) {
    steps.divide_by_255 = wish.scale->divide_by_255;
    steps.mean = wish.scale->mean;
    steps.deviation = wish.scale->deviation;
    return wish.scale->known == ValueScale::Known::kNone ? Status() : DecideKnownScale(wish.scale->known, steps);
  }
  steps.divide_by_255 = false;
  if (spec.type == DataType::kUint8) return {};
  return Wrong(std::string(kImage) + ".normalise",
               "imagenet, minus_one_to_one, zero_to_one, none, or mean and std, which nothing tells of an input of " +
                   std::string(Name(spec.type)),
               "nothing");
}

Result<ModelTransform::Picture> FitPicture(const ImageWish& wish, const Signature& signature) {
  ModelTransform::Picture picture;
  ASSIGN_OR_RETURN(picture.input, InputOf(wish.input, signature.inputs));
  const TensorSpec& spec = signature.inputs[picture.input];
  ASSIGN_OR_RETURN(const PictureShape shape, PictureShapeOf(spec, wish.layout));
  picture.has_rows = shape.has_rows;
  ImageSteps& steps = picture.steps;
  steps.layout = shape.layout;
  steps.type = spec.type;
  steps.order = wish.order.value_or(shape.channels == 1 ? ColourOrder::kGrey : ColourOrder::kRgb);
  if (steps.channels() != shape.channels) {
    return Wrong(std::string(kImage) + ".colour", shape.channels == 1 ? "grey" : "rgb or bgr",
                 steps.order == ColourOrder::kGrey ? "grey" : "a colour, of an input with one channel");
  }
  steps.filter = wish.filter.value_or(Filter::kBilinear);
  steps.filling = wish.filling;
  steps.decode_in_full = wish.decode_in_full;
  RETURN_IF_ERROR(DecideSize(wish, shape.size, steps));
  RETURN_IF_ERROR(DecideScale(wish, spec, steps));
  if (Status checked = CheckSteps(steps); !checked.ok()) return std::move(checked).Within(kImage);
  const Shape made = RowShape(steps);
  const Shape taken(spec.shape.dims().last(3));
  for (size_t i = 0; i < 3; ++i) {
    if (made[i] == taken[i] || made[i] == Shape::kAny || taken[i] == Shape::kAny) continue;
    return Wrong(kImage, "steps that make " + taken.ToString() + ", as input '" + spec.name + "' has it",
                 made.ToString());
  }
  return picture;
}

Result<const TensorSpec*> OutputOf(const std::string& name, const std::string& field,
                                   const std::vector<TensorSpec>& outputs) {
  const int index = FindSpec(outputs, name);
  if (index >= 0) return &outputs[static_cast<size_t>(index)];
  std::string names;
  for (const TensorSpec& output : outputs) names += (names.empty() ? "'" : ", '") + output.name + "'";
  return Wrong("transform." + field, "one of the model's outputs, " + names, "'" + name + "'");
}

// The one output that can be meant.
Result<const TensorSpec*> OnlyOutput(const AnswerWish& wish, const std::vector<TensorSpec>& outputs) {
  const std::string field = std::string(Name(wish.kind)) + ".output";
  if (!wish.output.empty()) return OutputOf(wish.output, field, outputs);
  if (outputs.size() == 1) return &outputs.front();
  return Wrong("transform." + field, "the name of one of " + std::to_string(outputs.size()) + " outputs", "none");
}

std::string Described(const TensorSpec& spec) {
  return "'" + spec.name + "' of " + std::string(Name(spec.type)) + " " + spec.shape.ToString();
}

bool IsFloat(DataType type) {
  return type == DataType::kFp32 || type == DataType::kFp16 || type == DataType::kFp64 || type == DataType::kBf16;
}

Status CheckScores(const TensorSpec& spec, size_t rank, const std::string& field) {
  if (IsFloat(spec.type) && (spec.shape.rank() == rank || spec.shape.rank() == rank + 1)) return {};
  return Wrong("transform." + field,
               "an output of floating type with " + std::to_string(rank) + " dimensions, or one more for rows",
               Described(spec));
}

// The corners of boxes, with or without rows.
Status CheckBoxes(const TensorSpec& spec) {
  RETURN_IF_ERROR(CheckScores(spec, 2, "detections.boxes"));
  const int64_t corners = spec.shape[spec.shape.rank() - 1];
  if (corners == 4 || corners == Shape::kAny) return {};
  return Wrong("transform.detections.boxes", "an output whose last dimension is 4, of two corners", Described(spec));
}

// What has one element for each box, as the boxes with or without rows.
Status CheckBesideBoxes(const TensorSpec& spec, const TensorSpec& boxes, const std::string& field) {
  if (spec.shape.rank() == boxes.shape.rank() - 1) return {};
  return Wrong(
      "transform." + field,
      "an output with " + std::to_string(boxes.shape.rank() - 1) + " dimensions, one less than " + Described(boxes),
      Described(spec));
}

Status CheckIndexes(const TensorSpec& spec, const std::string& field) {
  if (IsFloat(spec.type) || spec.type == DataType::kInt64 || spec.type == DataType::kInt32) return {};
  return Wrong("transform." + field, "an output of INT64, INT32 or floating type", Described(spec));
}

ClassNames NamesOf(const AnswerWish& wish, const std::string& output, const ModelLabels& labels) {
  if (wish.names) return *wish.names;
  const auto found = labels.find(output);
  return found == labels.end() ? ClassNames() : ClassNames(found->second);
}

Result<ModelTransform::Answer> FitAnswer(const AnswerWish& wish, const Signature& signature,
                                         const ModelLabels& labels) {
  ModelTransform::Answer answer{
      .kind = wish.kind, .top = wish.top, .softmax = wish.softmax, .threshold = wish.threshold};
  if (FindSpec(signature.outputs, answer.name()) >= 0) {
    return Wrong("transform." + answer.name(), "a model without an output of that name", "one that has it");
  }
  if (wish.kind != AnswerKind::kDetections) {
    ASSIGN_OR_RETURN(const TensorSpec* spec, OnlyOutput(wish, signature.outputs));
    const size_t rank = wish.kind == AnswerKind::kClasses ? 1 : 3;
    RETURN_IF_ERROR(CheckScores(*spec, rank, answer.name() + ".output"));
    answer.outputs = {spec->name};
    answer.has_rows = spec->shape.rank() > rank;
    answer.names = NamesOf(wish, spec->name, labels);
    return answer;
  }
  const auto named = [](const std::string& name, const char* usual) { return name.empty() ? usual : name; };
  ASSIGN_OR_RETURN(const TensorSpec* boxes,
                   OutputOf(named(wish.boxes, "boxes"), "detections.boxes", signature.outputs));
  ASSIGN_OR_RETURN(const TensorSpec* scores,
                   OutputOf(named(wish.scores, "scores"), "detections.scores", signature.outputs));
  ASSIGN_OR_RETURN(const TensorSpec* classes,
                   OutputOf(named(wish.classes, "labels"), "detections.classes", signature.outputs));
  RETURN_IF_ERROR(CheckBoxes(*boxes));
  RETURN_IF_ERROR(CheckScores(*scores, 1, "detections.scores"));
  RETURN_IF_ERROR(CheckBesideBoxes(*scores, *boxes, "detections.scores"));
  RETURN_IF_ERROR(CheckIndexes(*classes, "detections.classes"));
  RETURN_IF_ERROR(CheckBesideBoxes(*classes, *boxes, "detections.classes"));
  answer.outputs = {boxes->name, scores->name, classes->name};
  answer.has_rows = boxes->shape.rank() > 2;
  answer.names = NamesOf(wish, classes->name, labels);
  return answer;
}

}  // namespace

std::string_view Name(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kClasses:
      return "classes";
    case AnswerKind::kDetections:
      return "detections";
    case AnswerKind::kSegmentation:
      break;
  }
  return "segmentation";
}

Result<ModelTransform> FitTransform(const TransformWish& wish, const Signature& signature, const ModelLabels& labels) {
  ModelTransform transform;
  if (wish.image) {
    ASSIGN_OR_RETURN(transform.picture, FitPicture(*wish.image, signature));
  }
  if (wish.answer) {
    ASSIGN_OR_RETURN(transform.answer, FitAnswer(*wish.answer, signature, labels));
  }
  return transform;
}

ModelTransform OfferedTransform(const Signature& signature, const ModelLabels& labels) {
  ModelTransform transform;
  if (signature.outputs.size() != 1 || signature.inputs.size() != 1) return transform;
  const TensorSpec& output = signature.outputs.front();
  const auto found = labels.find(output.name);
  const size_t rank = output.shape.rank();
  if (found == labels.end() || rank == 0 || output.shape[rank - 1] != static_cast<int64_t>(found->second.size())) {
    return transform;
  }
  if (Result<ModelTransform::Answer> answer = FitAnswer({}, signature, labels); answer.ok()) {
    transform.answer = *std::move(answer);
  }
  if (signature.inputs.front().type != DataType::kUint8) return transform;
  if (Result<ModelTransform::Picture> picture = FitPicture({}, signature); picture.ok()) {
    transform.picture = *std::move(picture);
  }
  return transform;
}

}  // namespace trireme::transform
