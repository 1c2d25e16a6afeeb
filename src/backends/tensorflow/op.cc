// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/op.h"

#include <algorithm>

namespace trireme::tensorflow {

std::string Op::Cast(std::string name, ElementType from, ElementType to) {
  if (from == to) return name;
  return Emit("Cast", {std::move(name)}, {{"to", static_cast<int64_t>(to)}});
}

std::string Op::AsInt64(size_t i) {
  const std::optional<std::vector<int64_t>> known = Known(i);
  if (known && in(i).rank() == 1) return out_.Ints(*known);
  if (known && in(i).rank() == 0) return out_.Int(known->front());
  return Cast(AsIs(i), in(i).type, ElementType::kInt64);
}

std::string Op::AsInt64List(size_t i) {
  if (const std::optional<std::vector<int64_t>> known = Known(i)) return out_.Ints(*known);
  const std::string name = AsInt64(i);
  return in(i).rank() == 1 ? name : Emit("Reshape", {name, out_.Ints({-1})});
}

std::string Op::AsList(size_t i) {
  return Emit("Reshape", {AsIs(i), out_.Ints({1})});
}

std::optional<std::vector<int64_t>> Op::Known(size_t i) const {
  const std::optional<std::vector<int64_t>>& known = in(i).known;
  if (!known || std::ranges::find(*known, kOpenElement) != known->end()) return std::nullopt;
  return known;
}

std::optional<int64_t> Op::KnownNumber(size_t i) const {
  const std::optional<std::vector<int64_t>> known = Known(i);
  return known && known->size() == 1 ? std::optional(known->front()) : std::nullopt;
}

Result<int64_t> Op::KnownAxis(size_t i, size_t rank) const {
  const std::optional<int64_t> axis = KnownNumber(i);
  if (!axis) return Unsupported("its axis is not a constant");
  const auto most = static_cast<int64_t>(rank);
  if (*axis < -most || *axis >= most) {
    return InvalidArgument("its axis is " + std::to_string(*axis) + ", and its input has " + std::to_string(rank) +
                           " dimensions");
  }
  return *axis < 0 ? *axis + most : *axis;
}

void Op::Give(size_t output, ValueId value) {
  if (outputs_.size() <= output) outputs_.resize(output + 1, kNoValue);
  outputs_[output] = value;
}

void Op::Give(size_t output, std::string name, ElementType type, std::optional<Dims> dims, Layout layout) {
  Value value{.type = type, .dims = std::move(dims)};
  value.names[static_cast<size_t>(layout)] = std::move(name);
  Give(output, out_.Add(std::move(value)));
}

void Op::GiveReshaped(Dims dims) {
  Literal reshaped = *in(0).literal;
  reshaped.dims = std::move(dims);
  Give(0, out_.AddLiteral(std::move(reshaped)));
}

void Op::GiveKnown(std::string name, ElementType type, std::optional<Dims> dims, std::vector<int64_t> known) {
  // A graph that contradicts itself may say something else of how many there are.
  if (!dims || ElementCount(*dims) != known.size()) return Give(std::move(name), type, std::move(dims));
  const bool is_constant = std::ranges::find(known, kOpenElement) == known.end();
  if (is_constant) return Give(0, out_.AddLiteral(IntegerLiteral(type, *std::move(dims), known)));
  Value value{.type = type, .dims = std::move(dims), .known = std::move(known)};
  value.names[0] = std::move(name);
  Give(0, out_.Add(std::move(value)));
}

std::optional<Dims> Broadcast(const std::optional<Dims>& a, const std::optional<Dims>& b) {
  if (!a || !b) return std::nullopt;
  const Dims& longer = a->size() >= b->size() ? *a : *b;
  const Dims& shorter = a->size() >= b->size() ? *b : *a;
  Dims dims = longer;
  const size_t before = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t& dim = dims[before + i];
    if (dim == shorter[i] || shorter[i] == 1) continue;
    if (dim == 1 || dim == kAnySize) {
      dim = shorter[i];  // an open one is the other's size or one
    } else if (shorter[i] != kAnySize) {
      return std::nullopt;
    }
  }
  return dims;
}

bool PrefersChannelsFirst(const Value& value) {
  return value.literal == nullptr && value.rank().value_or(0) > 2 && value.Has(Layout::kChannelsFirst);
}

Taken TakeEither(Op& op, size_t i) {
  const Layout layout = PrefersChannelsFirst(op.in(i)) ? Layout::kChannelsFirst : Layout::kAsIs;
  return {.layout = layout, .name = op.out().NameOf(op.id(i), layout)};
}

namespace {

// An operand of fewer dimensions, so that it meets one of `rank` dimensions with its channels first.
std::string Raised(Op& op, ValueId id, size_t rank) {
  const Value& value = op.out()[id];
  if (value.dims->size() == rank) return op.out().NameOf(id, Layout::kChannelsFirst);
  if (value.dims->empty()) return op.out().NameOf(id);
  if (value.literal != nullptr) {
    Dims dims(rank - value.dims->size(), 1);
    dims.insert(dims.end(), value.dims->begin(), value.dims->end());
    return op.out().PermutedLiteral(*value.literal, dims, ToChannelsFirst(rank));
  }
  std::vector<int64_t> target(rank - 1, 1);
  target.front() = -1;
  return op.Emit("Reshape", {op.out().NameOf(id), op.out().Ints(target)});
}

bool CanRaise(const Value& value, size_t rank) {
  if (!value.dims || value.type == ElementType::kString) return false;
  return value.dims->size() == rank || value.dims->size() < 2 || value.literal != nullptr;
}

}  // namespace

Aligned Align(Op& op, std::span<const ValueId> values) {
  const GraphWriter& out = op.out();
  size_t rank = 0;
  Aligned aligned{.names = {}, .dims = Dims()};
  for (const ValueId id : values) {
    rank = std::max(rank, out[id].rank().value_or(0));
    aligned.dims = Broadcast(aligned.dims, out[id].dims);
  }
  int to_turn = 0;  // operands that one layout costs more than the other
  bool can_raise = rank > 2;
  for (const ValueId id : values) {
    const Value& value = out[id];
    can_raise = can_raise && CanRaise(value, rank);
    if (value.literal != nullptr || value.rank() != rank) continue;
    to_turn += (value.Has(Layout::kAsIs) ? 0 : 1) - (value.Has(Layout::kChannelsFirst) ? 0 : 1);
  }
  const bool is_any_first =
      std::ranges::any_of(values, [&](ValueId id) { return out[id].rank() == rank && PrefersChannelsFirst(out[id]); });
  if (can_raise && is_any_first && to_turn >= 0) aligned.layout = Layout::kChannelsFirst;
  for (const ValueId id : values) {
    aligned.names.push_back(aligned.layout == Layout::kAsIs ? op.out().NameOf(id) : Raised(op, id, rank));
  }
  return aligned;
}

}  // namespace trireme::tensorflow
