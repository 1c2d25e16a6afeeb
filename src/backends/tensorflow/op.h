// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/tensorflow/attributes.h"
#include "backends/tensorflow/graph_writer.h"
#include "base/status.h"

namespace trireme::tensorflow {

// One node of the TensorFlow graph while it is converted: what it takes, and where what it gives is put.
//
// Its converter has checked that it has as many inputs as its operator needs, and that each has a value.
class Op {
 public:
  Op(GraphWriter& out, std::string_view name, Attributes attributes, std::vector<ValueId> inputs)
      : out_(out), name_(name), attributes_(attributes), inputs_(std::move(inputs)) {}

  std::string_view name() const { return name_; }  // of the operator: "Conv2D"
  GraphWriter& out() const { return out_; }
  const Attributes& attributes() const { return attributes_; }

  size_t inputs() const { return inputs_.size(); }
  ValueId id(size_t i) const { return inputs_[i]; }
  const Value& in(size_t i) const { return out_[inputs_[i]]; }
  std::string AsIs(size_t i) { return out_.NameOf(inputs_[i]); }
  std::string ChannelsFirst(size_t i) { return out_.NameOf(inputs_[i], Layout::kChannelsFirst); }
  // As INT64, as ONNX has shapes, axes and indexes.
  std::string AsInt64(size_t i);
  // The same with one dimension, whatever it had: of a number or a list.
  std::string AsInt64List(size_t i);
  // With one dimension, of one element.
  std::string AsList(size_t i);

  // All elements of an input of integers, if they are known.
  std::optional<std::vector<int64_t>> Known(size_t i) const;
  // The only one.
  std::optional<int64_t> KnownNumber(size_t i) const;
  // One that counts dimensions of an input of that rank, from its beginning; negative ones count from its end.
  Result<int64_t> KnownAxis(size_t i, size_t rank) const;

  std::string Emit(std::string op_type, Names inputs, std::vector<Attribute> attributes = {}) {
    return out_.Emit(std::move(op_type), std::move(inputs), std::move(attributes));
  }
  std::string Cast(std::string name, ElementType from, ElementType to);

  // Puts an output.
  void Give(size_t output, ValueId value);
  void Give(size_t output, std::string name, ElementType type, std::optional<Dims> dims, Layout layout = Layout::kAsIs);
  void Give(std::string name, ElementType type, std::optional<Dims> dims, Layout layout = Layout::kAsIs) {
    Give(0, std::move(name), type, std::move(dims), layout);
  }
  // The first input, a constant, with another shape of as many elements.
  void GiveReshaped(Dims dims);
  // Elements that are known, all or some; if all are, it is a constant, and `name` is not needed.
  void GiveKnown(std::string name, ElementType type, std::optional<Dims> dims, std::vector<int64_t> known);

  const std::vector<ValueId>& outputs() const { return outputs_; }

 private:
  GraphWriter& out_;
  const std::string_view name_;
  const Attributes attributes_;
  const std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
};

// What shape comes of two by broadcasting; nothing if that is not known, or if they do not go together.
std::optional<Dims> Broadcast(const std::optional<Dims>& a, const std::optional<Dims>& b);

// Inputs that are broadcast against one another, in one layout.
struct Aligned {
  Layout layout = Layout::kAsIs;
  Names names;
  std::optional<Dims> dims;  // of what comes of them
};
Aligned Align(Op& op, std::span<const ValueId> values);

// Whether a value is best taken with its channels first.
bool PrefersChannelsFirst(const Value& value);

// The layout in which an operator that does not care takes its input, and that under the name.
struct Taken {
  Layout layout = Layout::kAsIs;
  std::string name;
};
Taken TakeEither(Op& op, size_t i);

}  // namespace trireme::tensorflow
