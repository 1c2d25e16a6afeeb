// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/byte_source.h"

namespace trireme::treefile {

// The attributes of one node of an ONNX graph, by name. Views the model's bytes.
class OnnxAttributes {
 public:
  // `node` is the node's message in `model`. Takes a few times the memory that the message takes. A name that comes
  // twice is kInvalidArgument.
  static Result<OnnxAttributes> Read(std::string_view model, onnxfile::ByteSpan node);

  bool Has(std::string_view name) const { return values_.contains(name); }
  int64_t Int(std::string_view name, int64_t otherwise) const;
  std::string_view Text(std::string_view name, std::string_view otherwise) const;

  // Empty: it has no such list, or the list is empty.
  const std::vector<int64_t>& Ints(std::string_view name) const { return Find(name).ints; }
  const std::vector<float>& Floats(std::string_view name) const { return Find(name).floats; }
  const std::vector<std::string_view>& Texts(std::string_view name) const { return Find(name).texts; }

 private:
  struct Value {
    std::string_view name;
    int64_t number = 0;
    std::string_view text;
    std::vector<int64_t> ints;
    std::vector<float> floats;
    std::vector<std::string_view> texts;
  };

  static Result<Value> ReadValue(std::string_view model, onnxfile::ByteSource& source, onnxfile::ByteSpan message);
  const Value& Find(std::string_view name) const;

  std::map<std::string_view, Value> values_;
};

}  // namespace trireme::treefile
