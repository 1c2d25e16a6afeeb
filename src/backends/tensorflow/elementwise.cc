// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/elementwise.h"

#include <algorithm>
#include <array>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "backends/tensorflow/known_elements.h"

namespace trireme::tensorflow {
namespace {

bool IsInteger(ElementType type) {
  return type != ElementType::kFloat && type != ElementType::kDouble && type != ElementType::kFloat16 &&
         type != ElementType::kBfloat16;
}

Aligned AlignAll(Op& op) {
  std::vector<ValueId> ids;
  for (size_t i = 0; i < op.inputs(); ++i) ids.push_back(op.id(i));
  return Align(op, ids);
}

Aligned AlignTwo(Op& op) {
  const std::array<ValueId, 2> ids = {op.id(0), op.id(1)};
  return Align(op, ids);
}

void GiveSame(Op& op, const Taken& from, std::string name) {
  op.Give(std::move(name), op.in(0).type, op.in(0).dims, from.layout);
}

}  // namespace

Status ConvertUnary(Op& op, std::string_view onnx) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit(std::string(onnx), {from.name}));
  if (onnx == "Relu") op.out().NoteNeverNegative(op.outputs().front());
  return {};
}

Status ConvertUnaryLogical(Op& op, std::string_view onnx) {
  const Taken from = TakeEither(op, 0);
  op.Give(op.Emit(std::string(onnx), {from.name}), ElementType::kBool, op.in(0).dims, from.layout);
  return {};
}

Status ConvertPass(Op& op, std::string_view) {
  for (size_t i = 0; i < op.inputs(); ++i) op.Give(i, op.id(i));
  return {};
}

Status ConvertCast(Op& op, std::string_view) {
  const std::optional<ElementType> to = ToElementType(op.attributes().Type("DstT").value_or(TfType::kInvalid));
  if (!to) return Unsupported("it casts to " + NameOf(op.attributes().Type("DstT").value_or(TfType::kInvalid)));
  const Value& in = op.in(0);
  if (in.type == *to) return ConvertPass(op, {});
  if (in.known && (*to == ElementType::kInt32 || *to == ElementType::kInt64)) {
    op.GiveKnown(op.Cast(op.AsIs(0), in.type, *to), *to, in.dims, *in.known);
    return {};
  }
  const Taken from = TakeEither(op, 0);
  op.Give(op.Cast(from.name, in.type, *to), *to, op.in(0).dims, from.layout);
  return {};
}

Status ConvertRsqrt(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit("Reciprocal", {op.Emit("Sqrt", {from.name})}));
  return {};
}

Status ConvertSquare(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit("Mul", {from.name, from.name}));
  return {};
}

Status ConvertRelu6(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  const ElementType type = op.in(0).type;
  GiveSame(op, from, op.Emit("Clip", {from.name, op.out().Number(0, type), op.out().Number(6, type)}));
  op.out().NoteNeverNegative(op.outputs().front());
  return {};
}

Status ConvertLeakyRelu(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit("LeakyRelu", {from.name}, {{"alpha", op.attributes().Float("alpha").value_or(0.2F)}}));
  return {};
}

Status ConvertLog1p(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit("Log", {op.Emit("Add", {from.name, op.out().Number(1, op.in(0).type)})}));
  return {};
}

Status ConvertExpm1(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  GiveSame(op, from, op.Emit("Sub", {op.Emit("Exp", {from.name}), op.out().Number(1, op.in(0).type)}));
  return {};
}

Status ConvertIsFinite(Op& op, std::string_view) {
  const Taken from = TakeEither(op, 0);
  const std::string either = op.Emit("Or", {op.Emit("IsNaN", {from.name}), op.Emit("IsInf", {from.name})});
  op.Give(op.Emit("Not", {either}), ElementType::kBool, op.in(0).dims, from.layout);
  return {};
}

Status ConvertClipByValue(Op& op, std::string_view) {
  if (op.in(1).rank() == 0 && op.in(2).rank() == 0) {
    const Taken from = TakeEither(op, 0);
    GiveSame(op, from, op.Emit("Clip", {from.name, op.AsIs(1), op.AsIs(2)}));
    return {};
  }
  Aligned in = AlignAll(op);
  const std::string above = op.Emit("Max", {in.names[0], in.names[1]});
  op.Give(op.Emit("Min", {above, in.names[2]}), op.in(0).type, in.dims, in.layout);
  return {};
}

Status ConvertBinary(Op& op, std::string_view onnx) {
  const ElementType type = op.in(0).type;
  auto known = KnownBinary(onnx, op.in(0), op.in(1));
  Aligned in = AlignTwo(op);
  std::string name = op.Emit(std::string(onnx), std::move(in.names));
  if (known && in.dims && in.layout == Layout::kAsIs) {
    op.GiveKnown(std::move(name), type, std::move(in.dims), *std::move(known));
  } else {
    op.Give(std::move(name), type, std::move(in.dims), in.layout);
  }
  return {};
}

Status ConvertCompare(Op& op, std::string_view onnx) {
  Aligned in = AlignTwo(op);
  op.Give(op.Emit(std::string(onnx), std::move(in.names)), ElementType::kBool, std::move(in.dims), in.layout);
  return {};
}

Status ConvertNotEqual(Op& op, std::string_view) {
  Aligned in = AlignTwo(op);
  op.Give(op.Emit("Not", {op.Emit("Equal", std::move(in.names))}), ElementType::kBool, std::move(in.dims), in.layout);
  return {};
}

// ONNX divides integers towards zero: one less where there is a rest and the signs differ.
Status ConvertFloorDiv(Op& op, std::string_view) {
  const ElementType type = op.in(0).type;
  auto known = KnownBinary("FloorDiv", op.in(0), op.in(1));
  const Aligned in = AlignTwo(op);
  const std::string& a = in.names[0];
  const std::string& b = in.names[1];
  std::string quotient = op.Emit("Div", {a, b});
  if (!IsInteger(type)) {
    op.Give(op.Emit("Floor", {quotient}), type, in.dims, in.layout);
    return {};
  }
  const std::string zero = op.out().Number(0, type);
  const std::string rest = op.Emit("Sub", {a, op.Emit("Mul", {quotient, b})});
  const std::string has_rest = op.Emit("Not", {op.Emit("Equal", {rest, zero})});
  const std::string differ = op.Emit("Xor", {op.Emit("Less", {rest, zero}), op.Emit("Less", {b, zero})});
  const std::string one_less = op.Cast(op.Emit("And", {has_rest, differ}), ElementType::kBool, type);
  quotient = op.Emit("Sub", {quotient, one_less});
  if (known && in.dims && in.layout == Layout::kAsIs) {
    op.GiveKnown(std::move(quotient), type, in.dims, *std::move(known));
  } else {
    op.Give(std::move(quotient), type, in.dims, in.layout);
  }
  return {};
}

Status ConvertFloorMod(Op& op, std::string_view) {
  const ElementType type = op.in(0).type;
  const Aligned in = AlignTwo(op);
  const std::string& a = in.names[0];
  const std::string& b = in.names[1];
  std::string name;
  if (IsInteger(type)) {
    name = op.Emit("Mod", {a, b});
  } else {
    name = op.Emit("Sub", {a, op.Emit("Mul", {op.Emit("Floor", {op.Emit("Div", {a, b})}), b})});
  }
  op.Give(std::move(name), type, in.dims, in.layout);
  return {};
}

Status ConvertTruncateMod(Op& op, std::string_view) {
  Aligned in = AlignTwo(op);
  op.Give(op.Emit("Mod", std::move(in.names), {{"fmod", int64_t{1}}}), op.in(0).type, in.dims, in.layout);
  return {};
}

Status ConvertDivNoNan(Op& op, std::string_view) {
  const ElementType type = op.in(0).type;
  const Aligned in = AlignTwo(op);
  const std::string zero = op.out().Number(0, type);
  const std::string is_zero = op.Emit("Equal", {in.names[1], zero});
  op.Give(op.Emit("Where", {is_zero, zero, op.Emit("Div", in.names)}), type, in.dims, in.layout);
  return {};
}

// The angle of (x, y), of which atan(y / x) knows no more than half: behind the y axis it is a half turn further, and
// on it a quarter.
Status ConvertAtan2(Op& op, std::string_view) {
  const ElementType type = op.in(0).type;
  const Aligned in = AlignTwo(op);
  const std::string& y = in.names[0];
  const std::string& x = in.names[1];
  const std::string zero = op.out().Number(0, type);
  const std::string half = op.Emit("Atan", {op.Emit("Div", {y, x})});
  const std::string turn = op.Emit("Where", {op.Emit("Less", {y, zero}), op.out().Number(-std::numbers::pi, type),
                                             op.out().Number(std::numbers::pi, type)});
  const std::string whole = op.Emit("Where", {op.Emit("Less", {x, zero}), op.Emit("Add", {half, turn}), half});
  const std::string quarter = op.Emit("Mul", {op.Emit("Sign", {y}), op.out().Number(std::numbers::pi / 2, type)});
  op.Give(op.Emit("Where", {op.Emit("Equal", {x, zero}), quarter, whole}), type, in.dims, in.layout);
  return {};
}

Status ConvertSquaredDifference(Op& op, std::string_view) {
  Aligned in = AlignTwo(op);
  const std::string difference = op.Emit("Sub", std::move(in.names));
  op.Give(op.Emit("Mul", {difference, difference}), op.in(0).type, in.dims, in.layout);
  return {};
}

Status ConvertAddN(Op& op, std::string_view) {
  if (op.inputs() == 1) return ConvertPass(op, {});
  const ElementType type = op.in(0).type;
  Aligned in = AlignAll(op);
  std::string sum;
  if (!IsInteger(type)) {
    sum = op.Emit("Sum", std::move(in.names));
  } else {  // which Sum does not take
    sum = in.names.front();
    for (size_t i = 1; i < in.names.size(); ++i) sum = op.Emit("Add", {sum, in.names[i]});
  }
  op.Give(std::move(sum), type, in.dims, in.layout);
  return {};
}

Status ConvertBiasAdd(Op& op, std::string_view) {
  if (op.attributes().Text("data_format") != "NCHW") return ConvertBinary(op, "Add");
  const std::optional<size_t> rank = op.in(0).rank();
  if (!rank || *rank < 3) return Unsupported("the number of dimensions of its input is not known");
  std::vector<int64_t> target(*rank - 1, 1);
  target.front() = -1;
  const std::string bias = op.Emit("Reshape", {op.AsIs(1), op.out().Ints(target)});
  op.Give(op.Emit("Add", {op.AsIs(0), bias}), op.in(0).type, op.in(0).dims);
  return {};
}

Status ConvertPrelu(Op& op, std::string_view) {
  Aligned in = AlignTwo(op);
  op.Give(op.Emit("PRelu", std::move(in.names)), op.in(0).type, in.dims, in.layout);
  return {};
}

Status ConvertSelect(Op& op, std::string_view) {
  Aligned in = AlignAll(op);
  op.Give(op.Emit("Where", std::move(in.names)), op.in(1).type, in.dims, in.layout);
  return {};
}

// A condition of one dimension picks whole rows.
Status ConvertSelectV1(Op& op, std::string_view) {
  const std::optional<size_t> rank = op.in(1).rank();
  if (!op.in(0).rank() || !rank) return Unsupported("the number of dimensions of its inputs is not known");
  if (op.in(0).rank() != 1 || *rank < 2) return ConvertSelect(op, {});
  std::vector<int64_t> target(*rank, 1);
  target.front() = -1;
  const std::string condition = op.Emit("Reshape", {op.AsIs(0), op.out().Ints(target)});
  op.Give(op.Emit("Where", {condition, op.AsIs(1), op.AsIs(2)}), op.in(1).type, op.in(1).dims);
  return {};
}

}  // namespace trireme::tensorflow
