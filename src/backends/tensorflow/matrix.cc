// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/matrix.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>
#include <vector>

namespace trireme::tensorflow {
namespace {

struct Matrix {
  std::string name;
  std::optional<Dims> dims;
};

// An input, its last two dimensions swapped.
Result<Matrix> Turned(Op& op, size_t input) {
  const Value& value = op.in(input);
  const std::optional<Dims> dims = value.dims;
  if (!dims || dims->size() < 2) return Unsupported("the number of dimensions of a matrix is not known");
  std::vector<int64_t> order(dims->size());
  std::iota(order.begin(), order.end(), 0);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  const bool is_constant = value.literal != nullptr && value.type != ElementType::kString;
  std::string name = is_constant ? op.out().PermutedLiteral(*value.literal, *dims, order)
                                 : op.Emit("Transpose", {op.AsIs(input)}, {{"perm", order}});
  return Matrix{.name = std::move(name), .dims = Permuted(*dims, order)};
}

Result<Matrix> TakeMatrix(Op& op, size_t input, std::string_view turn) {
  if (op.attributes().Bool(turn).value_or(false)) return Turned(op, input);
  return Matrix{.name = op.AsIs(input), .dims = op.in(input).dims};
}

std::optional<Dims> ProductDims(const std::optional<Dims>& a, const std::optional<Dims>& b) {
  if (!a || !b || a->size() < 2 || b->size() < 2) return std::nullopt;
  std::optional<Dims> dims = Broadcast(Dims(a->begin(), a->end() - 2), Dims(b->begin(), b->end() - 2));
  if (!dims) return std::nullopt;
  dims->push_back((*a)[a->size() - 2]);
  dims->push_back(b->back());
  return dims;
}

// "ab,bc->ac" gives a and c, of whichever input has them.
std::optional<Dims> EinsumDims(const Op& op, std::string_view equation) {
  const size_t arrow = equation.find("->");
  if (arrow == std::string_view::npos || equation.find('.') != std::string_view::npos) return std::nullopt;
  std::vector<int64_t> sizes(256, kAnySize);
  size_t input = 0;
  size_t axis = 0;
  for (const char c : equation.substr(0, arrow)) {
    if (c == ',') {
      ++input;
      axis = 0;
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    if (input >= op.inputs()) return std::nullopt;
    const std::optional<Dims>& dims = op.in(input).dims;
    if (!dims || axis >= dims->size()) return std::nullopt;
    int64_t& size = sizes[static_cast<unsigned char>(c)];
    if (size == kAnySize) size = (*dims)[axis];
    ++axis;
  }
  Dims dims;
  for (const char c : equation.substr(arrow + 2)) dims.push_back(sizes[static_cast<unsigned char>(c)]);
  return dims;
}

}  // namespace

Result<MatrixProduct> EmitMatMul(Op& op, std::string_view turn_a, std::string_view turn_b) {
  ASSIGN_OR_RETURN(const Matrix a, TakeMatrix(op, 0, turn_a));
  ASSIGN_OR_RETURN(const Matrix b, TakeMatrix(op, 1, turn_b));
  return MatrixProduct{.name = op.Emit("MatMul", {a.name, b.name}), .dims = ProductDims(a.dims, b.dims)};
}

Status ConvertMatMul(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(MatrixProduct made, EmitMatMul(op, "transpose_a", "transpose_b"));
  op.Give(std::move(made.name), op.in(0).type, std::move(made.dims));
  return {};
}

Status ConvertBatchMatMul(Op& op, std::string_view) {
  ASSIGN_OR_RETURN(MatrixProduct made, EmitMatMul(op, "adj_x", "adj_y"));
  op.Give(std::move(made.name), op.in(0).type, std::move(made.dims));
  return {};
}

Status ConvertEinsum(Op& op, std::string_view) {
  std::string equation(op.attributes().Text("equation").value_or(""));
  std::erase(equation, ' ');
  if (equation.find("->") == std::string::npos || equation.size() > 256) {
    return Unsupported("its equation does not say what comes of it");
  }
  Names inputs;
  for (size_t i = 0; i < op.inputs(); ++i) inputs.push_back(op.AsIs(i));
  std::optional<Dims> dims = EinsumDims(op, equation);
  op.Give(op.Emit("Einsum", std::move(inputs), {{"equation", equation}}), op.in(0).type, std::move(dims));
  return {};
}

}  // namespace trireme::tensorflow
