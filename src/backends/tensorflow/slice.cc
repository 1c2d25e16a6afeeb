// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/slice.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

constexpr auto kMostSpecs = static_cast<int64_t>(2 * Shape::kMaxRank);
constexpr int64_t kToTheEnd = std::numeric_limits<int64_t>::max();
constexpr int64_t kToTheBeginning = std::numeric_limits<int64_t>::min();

// A bound of a slice: a number that is known, or element `index` of an input.
struct Bound {
  std::optional<int64_t> known;
  size_t input = 0;
  size_t index = 0;
};

// What happens to one dimension of the input.
struct Cut {
  int64_t axis = 0;
  Bound begin;
  Bound end;
  int64_t stride = 1;
  bool is_one = false;  // one element, whose dimension goes away

  bool is_whole() const { return !is_one && stride == 1 && begin.known == 0 && end.known == kToTheEnd; }
};

// A StridedSlice, dimension by dimension.
struct Plan {
  std::vector<Cut> cuts;
  std::vector<int64_t> new_axes;  // of the result
};

Bound BoundOf(const Op& op, size_t input, size_t index) {
  const auto& known = op.in(input).known;
  if (known && index < known->size() && (*known)[index] != kOpenElement) {
    return {.known = (*known)[index], .input = input, .index = index};
  }
  return {.known = {}, .input = input, .index = index};
}

bool Bit(int64_t mask, size_t index) {
  return index < 63 && (mask >> index & 1) != 0;
}

Result<Cut> CutOf(const Op& op, size_t index, int64_t axis) {
  const Attributes& attributes = op.attributes();
  Cut cut{.axis = axis, .begin = BoundOf(op, 1, index), .end = BoundOf(op, 2, index)};
  const Bound stride = BoundOf(op, 3, index);
  if (!stride.known || *stride.known == 0) return Unsupported("its strides are not constants");
  cut.stride = *stride.known;
  cut.is_one = Bit(attributes.Int("shrink_axis_mask").value_or(0), index);
  const bool is_forward = cut.stride > 0;
  if (Bit(attributes.Int("begin_mask").value_or(0), index)) {
    cut.begin.known = is_forward ? 0 : kToTheEnd;
  }
  if (Bit(attributes.Int("end_mask").value_or(0), index)) {
    cut.end.known = is_forward ? kToTheEnd : kToTheBeginning;
  }
  return cut;
}

Result<Plan> PlanOf(const Op& op, size_t rank) {
  const Attributes& attributes = op.attributes();
  const std::optional<Dims>& specs = op.in(1).dims;
  if (!specs || specs->size() != 1 || (*specs)[0] < 0 || (*specs)[0] > kMostSpecs) {
    return Unsupported("how many dimensions it cuts is not known");
  }
  const auto count = static_cast<size_t>((*specs)[0]);
  const int64_t new_mask = attributes.Int("new_axis_mask").value_or(0);
  const int64_t ellipsis_mask = attributes.Int("ellipsis_mask").value_or(0);
  const int64_t one_mask = attributes.Int("shrink_axis_mask").value_or(0);
  size_t used = 0;  // of the input's dimensions
  for (size_t i = 0; i < count; ++i) used += Bit(new_mask, i) || Bit(ellipsis_mask, i) ? 0 : 1;
  if (used > rank) return InvalidArgument("it cuts more dimensions than there are");
  Plan plan;
  int64_t axis = 0;
  int64_t result_axis = 0;
  for (size_t i = 0; i < count; ++i) {
    if (Bit(ellipsis_mask, i)) {
      axis += static_cast<int64_t>(rank - used);
      result_axis += static_cast<int64_t>(rank - used);
      used = rank;  // a second one stands for nothing
    } else if (Bit(new_mask, i)) {
      plan.new_axes.push_back(result_axis++);
    } else {
      ASSIGN_OR_RETURN(const Cut cut, CutOf(op, i, axis++));
      result_axis += Bit(one_mask, i) ? 0 : 1;
      plan.cuts.push_back(cut);
    }
  }
  return plan;
}

// A list of bounds, of known ones and others.
std::string EmitBounds(Op& op, const std::vector<Bound>& bounds) {
  std::vector<int64_t> known;
  for (const Bound& bound : bounds) {
    if (bound.known) known.push_back(*bound.known);
  }
  if (known.size() == bounds.size()) return op.out().Ints(known);
  Names parts;
  for (const Bound& bound : bounds) {
    parts.push_back(
        bound.known ? op.out().Ints({*bound.known})
                    : op.Emit("Gather", {op.AsInt64(bound.input), op.out().Ints({static_cast<int64_t>(bound.index)})}));
  }
  return op.Emit("Concat", std::move(parts), {{"axis", int64_t{0}}});
}

int64_t Clamped(int64_t bound, int64_t size, int64_t least, int64_t most) {
  if (bound < 0) bound = bound < -size ? least : bound + size;
  return std::clamp(bound, least, most);
}

// How many elements a slice has; kAnySize if that is not known.
int64_t CountOf(const Cut& cut, int64_t size) {
  if (size == kAnySize || !cut.begin.known || !cut.end.known) return kAnySize;
  const bool is_forward = cut.stride > 0;
  const int64_t least = is_forward ? 0 : -1;
  const int64_t most = is_forward ? size : size - 1;
  const int64_t begin = Clamped(*cut.begin.known, size, least, most);
  const int64_t end = *cut.end.known == kToTheBeginning ? -1 : Clamped(*cut.end.known, size, least, most);
  const int64_t span = is_forward ? end - begin : begin - end;
  const int64_t step = cut.stride == kToTheBeginning ? kToTheEnd : std::abs(cut.stride);
  return span <= 0 ? 0 : (span - 1) / step + 1;
}

// The elements that are left of a list that is known.
std::optional<std::vector<int64_t>> KnownCut(const Op& op, const Plan& plan) {
  const Value& in = op.in(0);
  if (!in.known || in.rank() != 1 || plan.cuts.size() != 1 || !plan.new_axes.empty()) return std::nullopt;
  const Cut& cut = plan.cuts.front();
  const auto size = static_cast<int64_t>(in.known->size());
  if (!cut.begin.known) return std::nullopt;
  if (cut.is_one) {
    const int64_t at = *cut.begin.known < 0 ? *cut.begin.known + size : *cut.begin.known;
    if (at < 0 || at >= size) return std::nullopt;
    return std::vector<int64_t>{(*in.known)[static_cast<size_t>(at)]};
  }
  if (cut.stride != 1 || !cut.end.known) return std::nullopt;
  const int64_t begin = Clamped(*cut.begin.known, size, 0, size);
  const int64_t end = std::max(begin, Clamped(*cut.end.known, size, 0, size));
  return std::vector<int64_t>(in.known->begin() + begin, in.known->begin() + end);
}

std::string EmitSlices(Op& op, std::string name, const std::vector<Cut>& cuts) {
  std::vector<Bound> begins;
  std::vector<Bound> ends;
  std::vector<int64_t> axes;
  std::vector<int64_t> strides;
  for (const Cut& cut : cuts) {
    if (cut.is_one || cut.is_whole()) continue;
    begins.push_back(cut.begin);
    ends.push_back(cut.end);
    axes.push_back(cut.axis);
    strides.push_back(cut.stride);
  }
  if (axes.empty()) return name;
  const std::string begin = EmitBounds(op, begins);
  const std::string end = EmitBounds(op, ends);
  return op.Emit("Slice", {std::move(name), begin, end, op.out().Ints(axes), op.out().Ints(strides)});
}

// From the last to the first, so that the axes of the others stay what they are.
std::string EmitPicks(Op& op, std::string name, const std::vector<Cut>& cuts) {
  for (size_t i = cuts.size(); i-- > 0;) {
    const Cut& cut = cuts[i];
    if (!cut.is_one) continue;
    const std::string at =
        cut.begin.known
            ? op.out().Int(*cut.begin.known)
            : op.Emit("Gather", {op.AsInt64(cut.begin.input), op.out().Int(static_cast<int64_t>(cut.begin.index))});
    name = op.Emit("Gather", {std::move(name), at}, {{"axis", cut.axis}});
  }
  return name;
}

}  // namespace

Status ConvertStridedSlice(Op& op, std::string_view) {
  const Value in = op.in(0);
  if (!in.dims) return Unsupported("the number of dimensions of its input is not known");
  ASSIGN_OR_RETURN(const Plan plan, PlanOf(op, in.dims->size()));
  Dims dims = *in.dims;
  for (const Cut& cut : plan.cuts) {
    int64_t& dim = dims[static_cast<size_t>(cut.axis)];
    if (!cut.is_whole()) dim = CountOf(cut, dim);
  }
  for (size_t i = plan.cuts.size(); i-- > 0;) {
    if (plan.cuts[i].is_one) dims.erase(dims.begin() + plan.cuts[i].axis);
  }
  for (const int64_t axis : plan.new_axes) dims.insert(dims.begin() + axis, 1);
  if (dims.size() > Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  auto known = KnownCut(op, plan);
  std::string name = EmitPicks(op, EmitSlices(op, op.AsIs(0), plan.cuts), plan.cuts);
  if (!plan.new_axes.empty()) name = op.Emit("Unsqueeze", {name, op.out().Ints(plan.new_axes)});
  if (known) {
    op.GiveKnown(std::move(name), in.type, std::move(dims), *std::move(known));
  } else {
    op.Give(std::move(name), in.type, std::move(dims));
  }
  return {};
}

Status ConvertSlice(Op& op, std::string_view) {
  const Value in = op.in(0);
  if (!in.dims) return Unsupported("the number of dimensions of its input is not known");
  const size_t rank = in.dims->size();
  const auto sizes = op.Known(2);
  std::vector<int64_t> axes(rank);
  for (size_t i = 0; i < rank; ++i) axes[i] = static_cast<int64_t>(i);
  Dims dims(rank, kAnySize);
  const std::string begin = op.AsInt64(1);
  std::string end;
  const auto begins = op.Known(1);
  const bool is_known = sizes && begins && sizes->size() == rank && begins->size() == rank &&
                        std::ranges::all_of(*begins, [](int64_t b) { return b >= 0 && b <= kMostDim; });
  if (is_known) {
    std::vector<int64_t> ends;
    for (size_t i = 0; i < rank; ++i) {
      const int64_t size = std::min((*sizes)[i], kMostDim);
      ends.push_back(size < 0 ? kToTheEnd : (*begins)[i] + size);
      if (size >= 0) dims[i] = size;
      if (size < 0 && (*in.dims)[i] != kAnySize) dims[i] = std::max<int64_t>((*in.dims)[i] - (*begins)[i], 0);
    }
    end = op.out().Ints(ends);
  } else {
    // A size of -1 is all that is left.
    const std::string size = op.AsInt64(2);
    const std::string is_rest = op.Emit("Less", {size, op.out().Int(0)});
    end = op.Emit("Where", {is_rest, op.out().Int(kToTheEnd), op.Emit("Add", {begin, size})});
  }
  op.Give(op.Emit("Slice", {op.AsIs(0), begin, end, op.out().Ints(axes)}), in.type, std::move(dims));
  return {};
}

}  // namespace trireme::tensorflow
