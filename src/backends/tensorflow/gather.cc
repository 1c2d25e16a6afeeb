// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/gather.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/shape.h"

namespace trireme::tensorflow {
namespace {

// Of a list that is known, the elements at indexes that are known.
std::optional<std::vector<int64_t>> KnownPicks(const Value& from, const std::optional<std::vector<int64_t>>& at) {
  if (!from.known || from.rank() != 1 || !at) return std::nullopt;
  std::vector<int64_t> picked;
  for (const int64_t index : *at) {
    if (index < 0 || index >= std::ssize(*from.known)) return std::nullopt;
    picked.push_back((*from.known)[static_cast<size_t>(index)]);
  }
  return picked;
}

Status EmitGather(Op& op, int64_t axis) {
  const Value from = op.in(0);
  const Value at = op.in(1);
  std::optional<Dims> dims;
  if (from.dims && at.dims) {
    dims = *from.dims;
    dims->erase(dims->begin() + axis);
    dims->insert(dims->begin() + axis, at.dims->begin(), at.dims->end());
    if (dims->size() > Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  }
  std::string name = op.Emit("Gather", {op.AsIs(0), op.AsIs(1)}, {{"axis", axis}});
  auto known = axis == 0 ? KnownPicks(from, op.Known(1)) : std::nullopt;
  if (known && dims) {
    op.GiveKnown(std::move(name), from.type, std::move(dims), *std::move(known));
  } else {
    op.Give(std::move(name), from.type, std::move(dims));
  }
  return {};
}

}  // namespace

Status ConvertGather(Op& op, std::string_view) {
  if (op.in(0).rank() == 0) return InvalidArgument("its input is a single number");
  return EmitGather(op, 0);
}

Status ConvertGatherV2(Op& op, std::string_view) {
  const std::optional<size_t> rank = op.in(0).rank();
  if (!rank) return Unsupported("the number of dimensions of its input is not known");
  ASSIGN_OR_RETURN(const int64_t axis, op.KnownAxis(2, *rank));
  int64_t batch_dims = op.attributes().Int("batch_dims").value_or(0);
  if (batch_dims == 0) return EmitGather(op, axis);
  const std::optional<Dims>& at = op.in(1).dims;
  if (batch_dims < 0 && at) batch_dims += static_cast<int64_t>(at->size());
  if (batch_dims != axis || !at || batch_dims > std::ssize(*at)) {
    return Unsupported("its axis is not the one behind batch_dims");
  }
  // Each index becomes one of its own for GatherND, which takes what lies behind the batch.
  Dims dims = *at;
  dims.insert(dims.end(), op.in(0).dims->begin() + axis + 1, op.in(0).dims->end());
  if (dims.size() > Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  const std::string indexes = op.Cast(op.AsIs(1), op.in(1).type, ElementType::kInt64);
  const std::string each = op.Emit("Unsqueeze", {indexes, op.out().Ints({-1})});
  op.Give(op.Emit("GatherND", {op.AsIs(0), each}, {{"batch_dims", batch_dims}}), op.in(0).type, std::move(dims));
  return {};
}

Status ConvertGatherNd(Op& op, std::string_view) {
  const std::optional<Dims>& from = op.in(0).dims;
  const std::optional<Dims>& at = op.in(1).dims;
  std::optional<Dims> dims;
  if (from && at && !at->empty() && at->back() >= 0 && at->back() <= std::ssize(*from)) {
    dims = Dims(at->begin(), at->end() - 1);
    dims->insert(dims->end(), from->begin() + at->back(), from->end());
    if (dims->size() > Shape::kMaxRank) return Unsupported("it gives too many dimensions");
  }
  const std::string indexes = op.Cast(op.AsIs(1), op.in(1).type, ElementType::kInt64);
  op.Give(op.Emit("GatherND", {op.AsIs(0), indexes}), op.in(0).type, std::move(dims));
  return {};
}

// Takes {indexes, what goes there, the shape of the whole}; where several go to one place they are added.
Status ConvertScatterNd(Op& op, std::string_view) {
  const ElementType type = op.in(1).type;
  if (type == ElementType::kString) return Unsupported("it is of strings");
  const std::string zero = op.Cast(op.out().Number(0, ElementType::kFloat), ElementType::kFloat, type);
  const std::string whole = op.Emit("Expand", {zero, op.AsInt64(2)});
  const std::string indexes = op.Cast(op.AsIs(0), op.in(0).type, ElementType::kInt64);
  const auto shape = op.Known(2);
  std::optional<Dims> dims;
  if (shape && shape->size() <= static_cast<size_t>(Shape::kMaxRank)) dims = *shape;
  if (dims && !ElementCount(*dims)) return InvalidArgument("its shape is none");
  op.Give(op.Emit("ScatterND", {whole, indexes, op.AsIs(1)}, {{"reduction", std::string("add")}}), type,
          std::move(dims));
  return {};
}

Status ConvertTensorScatterUpdate(Op& op, std::string_view) {
  const std::string indexes = op.Cast(op.AsIs(1), op.in(1).type, ElementType::kInt64);
  op.Give(op.Emit("ScatterND", {op.AsIs(0), indexes, op.AsIs(2)}), op.in(0).type, op.in(0).dims);
  return {};
}

Status ConvertWhere(Op& op, std::string_view) {
  const std::optional<size_t> rank = op.in(0).rank();
  const std::string places = op.Emit("NonZero", {op.AsIs(0)});
  op.Give(op.Emit("Transpose", {places}, {{"perm", std::vector<int64_t>{1, 0}}}), ElementType::kInt64,
          Dims{kAnySize, rank ? static_cast<int64_t>(*rank) : kAnySize});
  return {};
}

// Takes {boxes, scores, how many, overlap, least score}; V2 leaves the last one out.
Status ConvertNonMaxSuppression(Op& op, std::string_view) {
  GraphWriter& out = op.out();
  if (op.attributes().Bool("pad_to_max_output_size").value_or(false)) {
    return Unsupported("it pads its result (pad_to_max_output_size)");
  }
  if (op.inputs() > 5) {
    const Literal* sigma = op.in(5).literal;
    if (sigma == nullptr || FirstNumberOf(*sigma) != 0.0) return Unsupported("it is soft (soft_nms_sigma)");
  }
  const ElementType type = op.in(1).type;
  const std::string boxes = op.Emit("Unsqueeze", {op.AsIs(0), out.Ints({0})});
  const std::string scores = op.Emit("Unsqueeze", {op.AsIs(1), out.Ints({0, 1})});
  Names inputs = {boxes, scores, op.Emit("Reshape", {op.AsInt64(2), out.Ints({1})}), op.AsList(3)};
  if (op.inputs() > 4) inputs.push_back(op.AsList(4));
  const std::string chosen = op.Emit("NonMaxSuppression", std::move(inputs));
  const std::string boxes_chosen = op.Emit("Gather", {chosen, out.Int(2)}, {{"axis", int64_t{1}}});
  const std::string indexes = op.Cast(boxes_chosen, ElementType::kInt64, ElementType::kInt32);
  const std::string count = op.Cast(op.Emit("Size", {boxes_chosen}), ElementType::kInt64, ElementType::kInt32);
  op.Give(0, indexes, ElementType::kInt32, Dims{kAnySize});
  if (op.name() == "NonMaxSuppressionV5") {
    op.Give(1, op.Emit("Gather", {op.AsIs(1), indexes}), type, Dims{kAnySize});
    op.Give(2, count, ElementType::kInt32, Dims{});
  } else if (op.name() == "NonMaxSuppressionV4") {
    op.Give(1, count, ElementType::kInt32, Dims{});
  }
  return {};
}

}  // namespace trireme::tensorflow
