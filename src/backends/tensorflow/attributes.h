// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/tensorflow/types.h"
#include "base/status.h"

namespace trireme::tensorflow {

// The attributes of a node, read from its NodeDef when asked for: a view of it. Nothing where there is none of that
// name and kind; a malformed one is as good as none, as readers of the message have seen the whole of it before.
class Attributes {
 public:
  explicit Attributes(std::string_view node_message) : node_(node_message) {}

  std::optional<int64_t> Int(std::string_view name) const;
  std::optional<float> Float(std::string_view name) const;
  std::optional<bool> Bool(std::string_view name) const;
  std::optional<TfType> Type(std::string_view name) const;
  std::optional<std::string_view> Text(std::string_view name) const;
  std::optional<std::string_view> Tensor(std::string_view name) const;    // a TensorProto
  std::optional<std::string_view> Shape(std::string_view name) const;     // a TensorShapeProto
  std::optional<std::string_view> Function(std::string_view name) const;  // a function's name

  std::vector<int64_t> Ints(std::string_view name) const;
  std::vector<std::string_view> Texts(std::string_view name) const;
  std::vector<TfType> Types(std::string_view name) const;
  std::vector<std::string_view> Shapes(std::string_view name) const;

 private:
  std::optional<std::string_view> Find(std::string_view name) const;  // an AttrValue

  std::string_view node_;
};

}  // namespace trireme::tensorflow
