// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/tensorflow/types.h"
#include "base/status.h"

namespace trireme::tensorflow {

// A tensor whose elements are known: a constant of a graph, or a variable.
struct Literal {
  ElementType type = ElementType::kFloat;
  Dims dims;                           // none is open
  std::string owned;                   // the elements, little-endian, row by row ...
  std::string_view borrowed;           // ... or, if that is empty, a view of the file's bytes, which outlive it
  std::vector<std::string> strings;    // those of kString
  std::optional<std::string> entry{};  // of a bundle, if they lie there instead: its key

  std::string_view view() const { return owned.empty() ? borrowed : std::string_view(owned); }
  uint64_t elements() const { return ElementCount(dims).value_or(0); }
};

// A TensorProto. A list of values that is shorter than the tensor is padded with its last one, as its writer meant it;
// that may not make more than `most_padded_bytes` of few. Numbers are checked: as many as the shape has, of a type that
// is known here, which has room for each.
Result<Literal> ReadTensorProto(std::string_view message, uint64_t most_padded_bytes);

// The elements of an integer or boolean literal in memory, as numbers: nothing if there are more than `most` or if it
// is of another type.
std::optional<std::vector<int64_t>> IntegersOf(const Literal& literal, uint64_t most);

// The first element of a literal of a floating or integer type in memory.
std::optional<double> FirstNumberOf(const Literal& literal);

// An int64 or int32 literal.
Literal IntegerLiteral(ElementType type, Dims dims, const std::vector<int64_t>& elements);

// A TensorShapeProto; nothing if not even the number of dimensions is known. An open dimension is kAnySize.
Result<std::optional<Dims>> ReadShape(std::string_view message);

}  // namespace trireme::tensorflow
