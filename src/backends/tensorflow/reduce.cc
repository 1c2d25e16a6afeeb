// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/reduce.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trireme::tensorflow {
namespace {

struct Reduction {
  std::vector<int64_t> axes;  // of TensorFlow's, in order
  bool keeps = false;         // as dimensions of one
  Dims dims;                  // of what comes of it
  Layout layout = Layout::kAsIs;
  Layout result_layout = Layout::kAsIs;
};

Result<Reduction> PlanReduction(const Op& op) {
  const Value& in = op.in(0);
  if (!in.dims) return Unsupported("the number of dimensions of its input is not known");
  const auto axes = op.Known(1);
  if (!axes) return Unsupported("its axes are not constants");
  const auto rank = static_cast<int64_t>(in.dims->size());
  Reduction plan{.axes = {}, .dims = {}};
  plan.keeps = op.attributes().Bool("keep_dims").value_or(op.attributes().Bool("keepdims").value_or(false));
  for (const int64_t axis : *axes) {
    if (axis < -rank || axis >= rank) return InvalidArgument("it has axis " + std::to_string(axis));
    plan.axes.push_back(axis < 0 ? axis + rank : axis);
  }
  std::ranges::sort(plan.axes);
  plan.axes.erase(std::unique(plan.axes.begin(), plan.axes.end()), plan.axes.end());
  const auto is_reduced = [&](int64_t axis) { return std::ranges::binary_search(plan.axes, axis); };
  for (int64_t axis = 0; axis < rank; ++axis) {
    if (!is_reduced(axis)) plan.dims.push_back((*in.dims)[static_cast<size_t>(axis)]);
    if (is_reduced(axis) && plan.keeps) plan.dims.push_back(1);
  }
  if (!PrefersChannelsFirst(in)) return plan;
  const bool keeps_channels = plan.keeps || !is_reduced(rank - 1);
  const bool keeps_rows = plan.keeps || !is_reduced(0);
  // With the channels gone what is left stands in one order; with rows and channels alone as well.
  if (!keeps_channels || (keeps_rows && plan.dims.size() == 2)) {
    plan.layout = Layout::kChannelsFirst;
  } else if (keeps_rows && plan.dims.size() > 2) {
    plan.layout = plan.result_layout = Layout::kChannelsFirst;
  }
  return plan;
}

std::string EmitReduce(Op& op, const std::string& onnx, const std::string& input, const Reduction& plan, size_t rank) {
  std::vector<int64_t> axes;
  for (const int64_t axis : plan.axes) axes.push_back(AxisIn(plan.layout, axis, rank));
  const Attribute keep = {"keepdims", int64_t{plan.keeps ? 1 : 0}};
  if (onnx == "ReduceSum") return op.Emit(onnx, {input, op.out().Ints(axes)}, {keep});  // as of opset 13
  return op.Emit(onnx, {input}, {{"axes", axes}, keep});
}

// Whether it is over the sides of an image, and of those all: for that there is an operator which takes images as
// convolutions leave them.
bool IsOfWholeImage(const Reduction& plan, const Value& in) {
  const auto rank = static_cast<int64_t>(in.dims->size());
  return plan.layout == Layout::kChannelsFirst && rank > 3 && in.type == ElementType::kFloat &&
         std::ssize(plan.axes) == rank - 2 && plan.axes.front() == 1 && plan.axes.back() == rank - 2;
}

std::string EmitMeanOfImage(Op& op, const std::string& input, bool keeps) {
  std::string name = op.Emit("GlobalAveragePool", {input});
  return keeps ? name : op.Emit("Flatten", {std::move(name)}, {{"axis", int64_t{1}}});
}

}  // namespace

Status ConvertReduce(Op& op, std::string_view onnx) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(Reduction plan, PlanReduction(op));
  if (plan.axes.empty()) {
    op.Give(0, op.id(0));
    return {};
  }
  if (onnx == "ReduceProd" && in.known && in.rank() == 1 && !plan.keeps) {
    int64_t product = 1;
    for (const int64_t element : *in.known) {
      if (element == kOpenElement || __builtin_mul_overflow(product, element, &product)) {
        product = kOpenElement;
        break;
      }
    }
    op.GiveKnown(EmitReduce(op, "ReduceProd", op.AsIs(0), plan, 1), in.type, Dims{}, {product});
    return {};
  }
  const std::string input = op.out().NameOf(op.id(0), plan.layout);
  std::string name = onnx == "ReduceMean" && IsOfWholeImage(plan, in)
                         ? EmitMeanOfImage(op, input, plan.keeps)
                         : EmitReduce(op, std::string(onnx), input, plan, in.dims->size());
  op.Give(std::move(name), in.type, std::move(plan.dims), plan.result_layout);
  return {};
}

Status ConvertReduceLogical(Op& op, std::string_view onnx) {
  ASSIGN_OR_RETURN(Reduction plan, PlanReduction(op));
  if (plan.axes.empty()) {
    op.Give(0, op.id(0));
    return {};
  }
  const size_t rank = op.in(0).dims->size();
  const std::string input = op.out().NameOf(op.id(0), plan.layout);
  const std::string numbers = op.Cast(input, ElementType::kBool, ElementType::kInt32);
  const std::string reduced = EmitReduce(op, std::string(onnx), numbers, plan, rank);
  op.Give(op.Cast(reduced, ElementType::kInt32, ElementType::kBool), ElementType::kBool, std::move(plan.dims),
          plan.result_layout);
  return {};
}

Status ConvertArg(Op& op, std::string_view onnx) {
  const Value in = op.in(0);
  if (!in.dims) return Unsupported("the number of dimensions of its input is not known");
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(1, in.dims->size()));
  Dims dims = *in.dims;
  dims.erase(dims.begin() + axis);
  const bool is_short = op.attributes().Type("output_type") == TfType::kInt32;
  const ElementType type = is_short ? ElementType::kInt32 : ElementType::kInt64;
  const std::string name = op.Emit(std::string(onnx), {op.AsIs(0)}, {{"axis", axis}, {"keepdims", int64_t{0}}});
  op.Give(op.Cast(name, ElementType::kInt64, type), type, std::move(dims));
  return {};
}

Status ConvertSoftmax(Op& op, std::string_view onnx) {
  const Value in = op.in(0);
  const Taken from = TakeEither(op, 0);
  const int64_t axis = from.layout == Layout::kChannelsFirst ? 1 : -1;
  op.Give(op.Emit(std::string(onnx), {from.name}, {{"axis", axis}}), in.type, in.dims, from.layout);
  return {};
}

Status ConvertTopK(Op& op, std::string_view) {
  const Value in = op.in(0);
  if (in.rank() == 0) return InvalidArgument("its input is a single number");
  std::string count;
  int64_t known = kAnySize;
  if (op.inputs() > 1) {
    count = op.Emit("Reshape", {op.AsInt64(1), op.out().Ints({1})});
    known = op.KnownNumber(1).value_or(kAnySize);
  } else {
    known = op.attributes().Int("k").value_or(1);
    count = op.out().Ints({known});
  }
  const int64_t sorted = op.attributes().Bool("sorted").value_or(true) ? 1 : 0;
  const Names names = op.out().EmitMany("TopK", {op.AsIs(0), count}, 2, {{"axis", int64_t{-1}}, {"sorted", sorted}});
  std::optional<Dims> dims = in.dims;
  if (dims) dims->back() = known < 0 || known > kMostDim ? kAnySize : known;
  const bool is_long = op.attributes().Type("index_type") == TfType::kInt64;
  const ElementType type = is_long ? ElementType::kInt64 : ElementType::kInt32;
  op.Give(0, names[0], in.type, dims);
  op.Give(1, op.Cast(names[1], ElementType::kInt64, type), type, dims);
  return {};
}

Status ConvertCumsum(Op& op, std::string_view) {
  const int64_t exclusive = op.attributes().Bool("exclusive").value_or(false) ? 1 : 0;
  const int64_t reverse = op.attributes().Bool("reverse").value_or(false) ? 1 : 0;
  std::string name = op.Emit("CumSum", {op.AsIs(0), op.AsInt64(1)}, {{"exclusive", exclusive}, {"reverse", reverse}});
  op.Give(std::move(name), op.in(0).type, op.in(0).dims);
  return {};
}

}  // namespace trireme::tensorflow
