// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/array.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backends/tensorflow/known_elements.h"
#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

constexpr size_t kMostKnown = 128;      // elements that are followed
constexpr int64_t kMostParts = 10'000;  // of a tensor that is taken apart

Result<size_t> RankOf(const Op& op, size_t input) {
  const std::optional<size_t> rank = op.in(input).rank();
  if (!rank) return Unsupported("the number of dimensions of its input is not known");
  return *rank;
}

Result<int64_t> AxisOf(int64_t axis, size_t rank) {
  const auto most = static_cast<int64_t>(rank);
  if (axis >= -most && axis < most) return axis < 0 ? axis + most : axis;
  return InvalidArgument("its axis is " + std::to_string(axis) + ", and its input has " + std::to_string(rank) +
                         " dimensions");
}

// The shape that comes of reshaping: what -1 stands for is worked out where all else is known.
Dims ReshapedDims(const std::optional<Dims>& from, const std::vector<int64_t>& target) {
  Dims dims = DimsOf(target);
  const auto open = std::count(dims.begin(), dims.end(), kAnySize);
  const std::optional<uint64_t> count = from ? ElementCount(*from) : std::nullopt;
  if (open != 1 || !count) return dims;
  Dims others = dims;
  std::replace(others.begin(), others.end(), kAnySize, int64_t{1});
  const uint64_t known = ElementCount(others).value_or(0);
  if (known == 0 || *count % known != 0) return dims;
  std::replace(dims.begin(), dims.end(), kAnySize, static_cast<int64_t>(*count / known));
  return dims;
}

bool IsOpen(const std::vector<int64_t>& elements) {
  return std::ranges::find(elements, kOpenElement) != elements.end();
}

// Where one element of a shape is open and none is -1, -1 says the same without a computation.
std::optional<std::vector<int64_t>> FixedTarget(const std::vector<int64_t>& target) {
  if (std::ranges::find(target, 0) != target.end()) return std::nullopt;  // in ONNX: as before
  const auto open = std::ranges::count(target, kOpenElement);
  const auto rest = std::ranges::count(target, -1);
  if (open + rest > 1) return std::nullopt;
  std::vector<int64_t> fixed = target;
  std::ranges::replace(fixed, kOpenElement, -1);
  return fixed;
}

Attribute AxisAttribute(int64_t axis) {
  return {"axis", axis};
}

std::optional<Dims> WithoutAxis(const std::optional<Dims>& dims, int64_t axis) {
  if (!dims) return std::nullopt;
  Dims rest = *dims;
  rest.erase(rest.begin() + axis);
  return rest;
}

std::optional<Dims> WithSize(const std::optional<Dims>& dims, int64_t axis, int64_t size) {
  if (!dims) return std::nullopt;
  Dims changed = *dims;
  changed[static_cast<size_t>(axis)] = size;
  return changed;
}

// One-dimensional pieces of a shape that is put together.
std::optional<std::vector<int64_t>> KnownOfAll(const Op& op, size_t first, size_t count) {
  std::vector<int64_t> known;
  for (size_t i = first; i < first + count; ++i) {
    const Value& value = op.in(i);
    if (!value.known || value.rank().value_or(2) > 1) return std::nullopt;
    known.insert(known.end(), value.known->begin(), value.known->end());
  }
  return known.size() > kMostKnown ? std::nullopt : std::optional(std::move(known));
}

Status EmitConcat(Op& op, size_t first, size_t count, int64_t axis) {
  if (count == 0) return InvalidArgument("it has nothing to put together");
  const Value& front = op.in(first);
  std::optional<Dims> dims = front.dims;
  bool is_any_first = false;
  bool can_first = true;
  for (size_t i = first; i < first + count; ++i) {
    const Value& value = op.in(i);
    is_any_first |= PrefersChannelsFirst(value);
    can_first &= value.rank() == front.rank() && value.type != ElementType::kString;
    if (!value.dims || !dims || value.dims->size() != dims->size()) {
      dims.reset();
      continue;
    }
    for (size_t d = 0; d < dims->size(); ++d) {
      int64_t& dim = (*dims)[d];
      const int64_t other = (*value.dims)[d];
      if (static_cast<int64_t>(d) == axis) {
        if (i > first) dim = dim == kAnySize || other == kAnySize ? kAnySize : std::min(dim + other, kMostDim);
      } else if (dim == kAnySize) {
        dim = other;
      }
    }
  }
  const Layout layout = is_any_first && can_first ? Layout::kChannelsFirst : Layout::kAsIs;
  auto known = KnownOfAll(op, first, count);
  const ElementType type = front.type;
  const size_t rank = front.rank().value_or(1);
  Names names;
  for (size_t i = first; i < first + count; ++i) names.push_back(op.out().NameOf(op.id(i), layout));
  std::string name = op.Emit("Concat", std::move(names), {AxisAttribute(AxisIn(layout, axis, rank))});
  if (known && dims && dims->size() == 1) {
    op.GiveKnown(std::move(name), type, std::move(dims), *std::move(known));
  } else {
    op.Give(std::move(name), type, std::move(dims), layout);
  }
  return {};
}

// Outputs of a split along an axis; `sizes` of each, kAnySize if open.
Status EmitSplit(Op& op, size_t input, int64_t axis, const std::vector<int64_t>& sizes, const std::string& lengths) {
  const Value value = op.in(input);
  const Taken from = TakeEither(op, input);
  Names inputs = {from.name};
  if (!lengths.empty()) inputs.push_back(lengths);
  const int64_t at = AxisIn(from.layout, axis, value.rank().value_or(1));
  const Names names = op.out().EmitMany("Split", std::move(inputs), sizes.size(), {AxisAttribute(at)});
  for (size_t i = 0; i < sizes.size(); ++i) {
    op.Give(i, names[i], value.type, WithSize(value.dims, axis, sizes[i]), from.layout);
  }
  return {};
}

// Before and behind each dimension, as ONNX has them: all befores, then all behinds.
std::vector<int64_t> OnnxPads(const std::vector<int64_t>& pairs, Layout layout) {
  const size_t rank = pairs.size() / 2;
  const std::vector<int64_t> order = ToChannelsFirst(rank);
  std::vector<int64_t> pads;
  for (const size_t end : {0, 1}) {
    for (size_t i = 0; i < rank; ++i) {
      const size_t axis = layout == Layout::kChannelsFirst ? static_cast<size_t>(order[i]) : i;
      pads.push_back(pairs[2 * axis + end]);
    }
  }
  return pads;
}

Status EmitPad(Op& op, const std::string& mode) {
  const Value value = op.in(0);
  const auto known = op.Known(1);
  const bool is_fixed = known && value.dims && known->size() == 2 * value.dims->size() &&
                        std::ranges::all_of(*known, [](int64_t pad) { return pad >= 0 && pad <= kMostDim; });
  Taken from = is_fixed ? TakeEither(op, 0) : Taken{.layout = Layout::kAsIs, .name = op.AsIs(0)};
  std::optional<Dims> dims = value.dims;
  std::string pads;
  if (is_fixed) {
    for (size_t i = 0; i < dims->size(); ++i) {
      if ((*dims)[i] != kAnySize) (*dims)[i] = std::min((*dims)[i] + (*known)[2 * i] + (*known)[2 * i + 1], kMostDim);
    }
    pads = op.out().Ints(OnnxPads(*known, from.layout));
  } else {
    if (dims) std::ranges::fill(*dims, kAnySize);
    const std::string turned = op.Emit("Transpose", {op.AsInt64(1)}, {{"perm", std::vector<int64_t>{1, 0}}});
    pads = op.Emit("Reshape", {turned, op.out().Ints({-1})});
  }
  Names inputs = {from.name, pads};
  if (op.inputs() > 2 && mode == "constant") inputs.push_back(op.AsIs(2));
  const bool is_of_zeros = is_fixed && inputs.size() == 2 && mode == "constant";
  op.Give(op.Emit("Pad", std::move(inputs), {{"mode", mode}}), value.type, std::move(dims), from.layout);
  if (is_of_zeros) op.out().Note(op.outputs().front(), Margins{.image = op.id(0), .pads = *known});
  return {};
}

void GiveInts(Op& op, std::string int64_name, ElementType type, std::optional<Dims> dims, std::vector<int64_t> known) {
  op.GiveKnown(op.Cast(std::move(int64_name), ElementType::kInt64, type), type, std::move(dims), std::move(known));
}

ElementType OutType(const Op& op) {
  return op.attributes().Type("out_type") == TfType::kInt64 ? ElementType::kInt64 : ElementType::kInt32;
}

}  // namespace

Status ConvertReshape(Op& op, std::string_view) {
  const Value in = op.in(0);
  const std::optional<std::vector<int64_t>> target = op.in(1).known;
  std::optional<Dims> dims;
  if (target) {
    if (target->size() > Shape::kMaxRank) return Unsupported("it gives too many dimensions");
    dims = ReshapedDims(in.dims, *target);
  } else {
    dims = ShapeIn(op.in(1));
  }
  if (in.literal != nullptr && dims && ElementCount(*dims) == in.literal->elements()) {
    op.GiveReshaped(*std::move(dims));
    return {};
  }
  const auto fixed = target ? FixedTarget(*target) : std::nullopt;
  std::string shape = fixed ? op.out().Ints(*fixed) : op.AsInt64(1);
  std::vector<Attribute> attributes;
  if (!fixed) attributes.push_back({"allowzero", int64_t{1}});
  op.Give(op.Emit("Reshape", {op.AsIs(0), std::move(shape)}, std::move(attributes)), in.type, std::move(dims));
  return {};
}

Status ConvertExpandDims(Op& op, std::string_view) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  if (rank >= Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(1, rank + 1));
  Dims dims = *in.dims;
  dims.insert(dims.begin() + axis, 1);
  if (in.literal != nullptr) {
    op.GiveReshaped(std::move(dims));
    return {};
  }
  if (in.known && dims.size() == 1) {
    op.GiveKnown(op.Emit("Unsqueeze", {op.AsIs(0), op.out().Ints({axis})}), in.type, std::move(dims), *in.known);
    return {};
  }
  // Among the sides of an image the channels stay first.
  const bool is_side = axis > 0 && axis < static_cast<int64_t>(rank) && rank > 2;
  const Taken from = is_side ? TakeEither(op, 0) : Taken{.layout = Layout::kAsIs, .name = op.AsIs(0)};
  const int64_t at = from.layout == Layout::kChannelsFirst ? axis + 1 : axis;
  op.Give(op.Emit("Unsqueeze", {from.name, op.out().Ints({at})}), in.type, std::move(dims), from.layout);
  return {};
}

Status ConvertSqueeze(Op& op, std::string_view) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  std::vector<int64_t> axes = op.attributes().Ints("squeeze_dims");
  for (int64_t& axis : axes) {
    ASSIGN_OR_RETURN(axis, AxisOf(axis, rank));
  }
  if (axes.empty()) {
    for (size_t i = 0; i < rank; ++i) {
      if ((*in.dims)[i] == kAnySize) return Unsupported("it drops dimensions of one, and not all sizes are known");
      if ((*in.dims)[i] == 1) axes.push_back(static_cast<int64_t>(i));
    }
  }
  std::ranges::sort(axes);
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  Dims dims = *in.dims;
  for (size_t i = axes.size(); i-- > 0;) dims.erase(dims.begin() + axes[i]);
  if (in.literal != nullptr && ElementCount(dims) == in.literal->elements()) {
    op.GiveReshaped(std::move(dims));
    return {};
  }
  if (in.known) {
    op.GiveKnown(op.Emit("Squeeze", {op.AsIs(0), op.out().Ints(axes)}), in.type, std::move(dims), *in.known);
    return {};
  }
  const auto last = static_cast<int64_t>(rank) - 1;
  const bool only_sides = std::ranges::all_of(axes, [&](int64_t axis) { return axis > 0 && axis < last; });
  // Without sides, rows and channels stand in either order alike.
  const bool keeps_order = only_sides && (dims.size() > 2 || axes.size() == rank - 2);
  const Taken from = keeps_order ? TakeEither(op, 0) : Taken{.layout = Layout::kAsIs, .name = op.AsIs(0)};
  std::vector<int64_t> at;
  at.reserve(axes.size());
  for (const int64_t axis : axes) at.push_back(AxisIn(from.layout, axis, rank));
  std::string name = op.Emit("Squeeze", {from.name, op.out().Ints(at)});
  op.Give(std::move(name), in.type, dims, dims.size() > 2 ? from.layout : Layout::kAsIs);
  return {};
}

Status ConvertTranspose(Op& op, std::string_view) {
  const Value in = op.in(0);
  const auto order = op.Known(1);
  if (!order) return Unsupported("the order of its dimensions is not a constant");
  std::vector<int64_t> sorted = *order;
  std::ranges::sort(sorted);
  std::vector<int64_t> all(sorted.size());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all || (in.rank() && *in.rank() != all.size()))
    return InvalidArgument("its order of dimensions is none");
  std::optional<Dims> dims = in.dims ? std::optional(Permuted(*in.dims, *order)) : std::nullopt;
  if (*order == all) {
    op.Give(0, op.id(0));
    return {};
  }
  // What is turned round in TensorFlow may be at hand in that order already.
  if (in.rank().value_or(0) > 2 && *order == ToChannelsFirst(all.size()) && PrefersChannelsFirst(in)) {
    op.Give(op.ChannelsFirst(0), in.type, std::move(dims));
    return {};
  }
  if (in.rank().value_or(0) > 2 && *order == FromChannelsFirst(all.size()) && in.literal == nullptr) {
    op.Give(op.AsIs(0), in.type, std::move(dims), Layout::kChannelsFirst);
    return {};
  }
  op.Give(op.Emit("Transpose", {op.AsIs(0)}, {{"perm", *order}}), in.type, std::move(dims));
  return {};
}

Status ConvertConcat(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 1));
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(0, rank));
  return EmitConcat(op, 1, op.inputs() - 1, axis);
}

Status ConvertConcatV2(Op& op, std::string_view) {
  const size_t last = op.inputs() - 1;
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(last, rank));
  return EmitConcat(op, 0, last, axis);
}

Status ConvertPack(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  if (rank >= Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  ASSIGN_OR_RETURN(const int64_t axis, AxisOf(op.attributes().Int("axis").value_or(0), rank + 1));
  const auto count = static_cast<int64_t>(op.inputs());
  Dims dims = *op.in(0).dims;
  dims.insert(dims.begin() + axis, count);
  auto known = rank == 0 ? KnownOfAll(op, 0, op.inputs()) : std::nullopt;
  const ElementType type = op.in(0).type;
  Names names;
  for (size_t i = 0; i < op.inputs(); ++i) {
    const Value& value = op.in(i);
    // A number that is known is a list of one without ado.
    const bool is_number = known && value.literal != nullptr && type == ElementType::kInt64;
    names.push_back(is_number ? op.out().Ints({value.known->front()})
                              : op.Emit("Unsqueeze", {op.AsIs(i), op.out().Ints({axis})}));
  }
  std::string name = op.Emit("Concat", std::move(names), {AxisAttribute(axis)});
  if (known) {
    op.GiveKnown(std::move(name), type, std::move(dims), *std::move(known));
  } else {
    op.Give(std::move(name), type, std::move(dims));
  }
  return {};
}

Status ConvertUnpack(Op& op, std::string_view) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  ASSIGN_OR_RETURN(const int64_t axis, AxisOf(op.attributes().Int("axis").value_or(0), rank));
  const int64_t count = op.attributes().Int("num").value_or(0);
  if (count < 1 || count > kMostParts)
    return Unsupported("it takes its input into " + std::to_string(count) + " parts");
  const std::vector<int64_t> ones(static_cast<size_t>(count), 1);
  const std::string axes = op.out().Ints({axis});
  const Names parts = op.out().EmitMany("Split", {op.AsIs(0), op.out().Ints(ones)}, ones.size(), {AxisAttribute(axis)});
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string name = op.Emit("Squeeze", {parts[i], axes});
    Value part{.type = in.type, .dims = WithoutAxis(in.dims, axis)};
    part.names[0] = std::move(name);
    if (rank == 1 && in.known && i < in.known->size()) part.known = std::vector<int64_t>{(*in.known)[i]};
    op.Give(i, op.out().Add(std::move(part)));
  }
  return {};
}

Status ConvertSplit(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 1));
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(0, rank));
  const int64_t count = op.attributes().Int("num_split").value_or(0);
  if (count < 1 || count > kMostParts)
    return Unsupported("it takes its input into " + std::to_string(count) + " parts");
  const int64_t whole = (*op.in(1).dims)[static_cast<size_t>(axis)];
  if (whole != kAnySize && whole % count != 0) return InvalidArgument("its input cannot be split into equal parts");
  const int64_t size = whole == kAnySize ? kAnySize : whole / count;
  return EmitSplit(op, 1, axis, std::vector<int64_t>(static_cast<size_t>(count), size), "");
}

Status ConvertSplitV(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(2, rank));
  std::optional<std::vector<int64_t>> sizes = op.Known(1);
  if (!sizes || sizes->empty() || std::ssize(*sizes) > kMostParts) {
    return Unsupported("the sizes of its parts are not constants");
  }
  const int64_t whole = (*op.in(0).dims)[static_cast<size_t>(axis)];
  int64_t rest = whole;
  for (const int64_t size : *sizes) rest -= size < 0 ? 0 : std::min(size, kMostDim);
  for (int64_t& size : *sizes) {
    if (size >= 0) continue;
    if (whole == kAnySize || rest < 0) return Unsupported("the sizes of its parts are not known");
    size = std::exchange(rest, -1);
  }
  return EmitSplit(op, 0, axis, *sizes, op.out().Ints(*sizes));
}

Status ConvertTile(Op& op, std::string_view) {
  const Value in = op.in(0);
  const auto times = op.Known(1);
  std::optional<Dims> dims = in.dims;
  for (size_t i = 0; dims && i < dims->size(); ++i) {
    int64_t& dim = (*dims)[i];
    const bool is_known = times && times->size() == dims->size() && dim != kAnySize;
    int64_t product = 0;
    if (!is_known || __builtin_mul_overflow(dim, (*times)[i], &product) || product < 0 || product > kMostDim) {
      dim = kAnySize;
    } else {
      dim = product;
    }
  }
  op.Give(op.Emit("Tile", {op.AsIs(0), op.AsInt64(1)}), in.type, std::move(dims));
  return {};
}

// What mirrors the outermost row too: rows before it and behind it, backwards.
Status EmitSymmetricPad(Op& op) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  const auto pads = op.Known(1);
  if (!pads || pads->size() != 2 * rank)
    return Unsupported("its mode is SYMMETRIC, and its paddings are not constants");
  Dims dims = *in.dims;
  std::string name = op.AsIs(0);
  const std::string backwards = op.out().Ints({-1});
  for (size_t i = 0; i < rank; ++i) {
    const int64_t before = (*pads)[2 * i];
    const int64_t behind = (*pads)[2 * i + 1];
    const int64_t most = dims[i] == kAnySize ? kMostDim : dims[i];
    if (before < 0 || behind < 0 || before > most || behind > most) {
      return InvalidArgument("it mirrors more rows than there are");
    }
    if (before == 0 && behind == 0) continue;
    const std::string axis = op.out().Ints({static_cast<int64_t>(i)});
    const auto mirrored = [&](int64_t first, int64_t end) {
      return op.Emit("Slice", {name, op.out().Ints({first}), op.out().Ints({end}), axis, backwards});
    };
    Names parts;
    if (before > 0) parts.push_back(mirrored(before - 1, std::numeric_limits<int64_t>::min()));
    parts.push_back(name);
    if (behind > 0) parts.push_back(mirrored(-1, -behind - 1));
    name = op.Emit("Concat", std::move(parts), {{"axis", static_cast<int64_t>(i)}});
    if (dims[i] != kAnySize) dims[i] += before + behind;
  }
  op.Give(std::move(name), in.type, std::move(dims));
  return {};
}

Status ConvertPad(Op& op, std::string_view) {
  return EmitPad(op, "constant");
}

Status ConvertMirrorPad(Op& op, std::string_view) {
  if (op.attributes().Text("mode") == "REFLECT") return EmitPad(op, "reflect");
  // What mirrors the outermost row too is the same as repeating it, as far as one row goes.
  const auto pads = op.Known(1);
  if (pads && std::ranges::all_of(*pads, [](int64_t pad) { return pad <= 1; })) return EmitPad(op, "edge");
  return EmitSymmetricPad(op);
}

Status ConvertReverse(Op& op, std::string_view) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  const auto axes = op.Known(1);
  if (!axes) return Unsupported("its axes are not constants");
  std::vector<int64_t> at;
  for (const int64_t axis : *axes) {
    ASSIGN_OR_RETURN(const int64_t checked, AxisOf(axis, rank));
    at.push_back(checked);
  }
  if (at.empty()) return op.Give(0, op.id(0)), Status();
  const std::vector<int64_t> begin(at.size(), -1);
  const std::vector<int64_t> end(at.size(), std::numeric_limits<int64_t>::min());
  GraphWriter& out = op.out();
  std::string name = op.Emit("Slice", {op.AsIs(0), out.Ints(begin), out.Ints(end), out.Ints(at), out.Ints(begin)});
  op.Give(std::move(name), in.type, in.dims);
  return {};
}

Status ConvertFill(Op& op, std::string_view) {
  const std::optional<Dims> dims = ShapeIn(op.in(0));
  op.Give(op.Emit("Expand", {op.AsIs(1), op.AsInt64(0)}), op.in(1).type, dims);
  return {};
}

Status ConvertFilledLike(Op& op, std::string_view element) {
  const Value in = op.in(0);
  if (in.type == ElementType::kString) return Unsupported("it is of strings");
  const std::string number = op.out().Number(element == "1" ? 1 : 0, ElementType::kFloat);
  const std::string typed = op.Cast(number, ElementType::kFloat, in.type);
  op.Give(op.Emit("Expand", {typed, op.Emit("Shape", {op.AsIs(0)})}), in.type, in.dims);
  return {};
}

Status ConvertBroadcastTo(Op& op, std::string_view) {
  const std::optional<Dims> dims = ShapeIn(op.in(1));
  op.Give(op.Emit("Expand", {op.AsIs(0), op.AsInt64(1)}), op.in(0).type, dims);
  return {};
}

Status ConvertRange(Op& op, std::string_view) {
  const auto start = op.KnownNumber(0);
  const auto limit = op.KnownNumber(1);
  const auto delta = op.KnownNumber(2);
  std::string name = op.Emit("Range", {op.AsIs(0), op.AsIs(1), op.AsIs(2)});
  const bool is_near = start && limit && delta && *delta != 0 && std::abs(*start) < kMostDim &&
                       std::abs(*limit) < kMostDim && std::abs(*delta) < kMostDim;
  if (!is_near) {
    op.Give(std::move(name), op.in(0).type, Dims{kAnySize});
    return {};
  }
  const int64_t span = *limit - *start;
  const int64_t count = std::max<int64_t>((span + *delta - (*delta > 0 ? 1 : -1)) / *delta, 0);
  if (count > static_cast<int64_t>(kMostKnown)) {
    op.Give(std::move(name), op.in(0).type, Dims{count});
    return {};
  }
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < count; ++i) elements.push_back(*start + i * *delta);
  op.GiveKnown(std::move(name), op.in(0).type, Dims{count}, std::move(elements));
  return {};
}

Status ConvertOneHot(Op& op, std::string_view) {
  const Value in = op.in(0);
  ASSIGN_OR_RETURN(const size_t rank, RankOf(op, 0));
  if (rank >= Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  ASSIGN_OR_RETURN(const int64_t axis, AxisOf(op.attributes().Int("axis").value_or(-1), rank + 1));
  Dims dims = *in.dims;
  const int64_t depth = op.KnownNumber(1).value_or(kAnySize);
  dims.insert(dims.begin() + axis, depth < 0 || depth > kMostDim ? kAnySize : depth);
  const ElementType type = op.in(2).type;
  const std::string indexes = op.Cast(op.AsIs(0), in.type, ElementType::kInt64);
  const std::string depths = op.Emit("Reshape", {op.AsInt64(1), op.out().Ints({})});
  // A negative index counts from the end in ONNX; here it is nowhere, as one that is too large.
  const std::string is_negative = op.Emit("Less", {indexes, op.out().Int(0)});
  const std::string in_range = op.Emit("Where", {is_negative, depths, indexes});
  const std::string values = op.Emit("Concat", {op.AsList(3), op.AsList(2)}, {AxisAttribute(0)});
  op.Give(op.Emit("OneHot", {in_range, depths, values}, {AxisAttribute(axis)}), type, std::move(dims));
  return {};
}

Status ConvertMatrixBandPart(Op& op, std::string_view) {
  const auto lower = op.KnownNumber(1);
  const auto upper = op.KnownNumber(2);
  if (!lower || !upper || (*lower >= 0 && *upper >= 0)) {
    return Unsupported("its band ends on both sides, or is not a constant");
  }
  std::string name = op.AsIs(0);
  if (*lower >= 0) name = op.Emit("Trilu", {name, op.out().Int(-*lower)}, {{"upper", int64_t{1}}});
  if (*upper >= 0) name = op.Emit("Trilu", {name, op.out().Int(*upper)}, {{"upper", int64_t{0}}});
  op.Give(std::move(name), op.in(0).type, op.in(0).dims);
  return {};
}

Status ConvertShape(Op& op, std::string_view) {
  const Value in = op.in(0);
  if (!in.dims) {
    std::string name = op.Cast(op.Emit("Shape", {op.AsIs(0)}), ElementType::kInt64, OutType(op));
    op.Give(std::move(name), OutType(op), Dims{kAnySize});
    return {};
  }
  const std::vector<int64_t> known = KnownShape(*in.dims);
  const auto rank = static_cast<int64_t>(known.size());
  if (!IsOpen(known)) {
    op.GiveKnown({}, OutType(op), Dims{rank}, known);
    return {};
  }
  const Taken from = TakeEither(op, 0);
  std::string name = op.Emit("Shape", {from.name});
  if (from.layout == Layout::kChannelsFirst) {
    name = op.Emit("Gather", {name, op.out().Ints(FromChannelsFirst(known.size()))});
  }
  GiveInts(op, std::move(name), OutType(op), Dims{rank}, known);
  return {};
}

Status ConvertShapeN(Op& op, std::string_view) {
  const ElementType type = OutType(op);
  for (size_t i = 0; i < op.inputs(); ++i) {
    const std::optional<size_t> rank = op.in(i).rank();
    std::string name = op.Cast(op.Emit("Shape", {op.AsIs(i)}), ElementType::kInt64, type);
    Value shape{.type = type, .dims = Dims{rank ? static_cast<int64_t>(*rank) : kAnySize}};
    if (rank) shape.known = KnownShape(*op.in(i).dims);
    shape.names[0] = std::move(name);
    op.Give(i, op.out().Add(std::move(shape)));
  }
  return {};
}

Status ConvertSize(Op& op, std::string_view) {
  const std::optional<uint64_t> count = op.in(0).dims ? ElementCount(*op.in(0).dims) : std::nullopt;
  GiveInts(op, op.Emit("Size", {op.AsIs(0)}), OutType(op), Dims{},
           {count ? static_cast<int64_t>(*count) : kOpenElement});
  return {};
}

Status ConvertRank(Op& op, std::string_view) {
  const std::optional<size_t> rank = op.in(0).rank();
  const std::string shape = op.Emit("Shape", {op.AsIs(0)});
  GiveInts(op, op.Emit("Size", {shape}), ElementType::kInt32, Dims{},
           {rank ? static_cast<int64_t>(*rank) : kOpenElement});
  return {};
}

}  // namespace trireme::tensorflow
