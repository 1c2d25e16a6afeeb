// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "backends/onnx/runtime.h"
#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::onnx {

// Values that go into a run or come out of it; releases what it still has.
class Values {
 public:
  Values(const OrtApi& api, size_t count) : api_(api), values_(count, nullptr) {}
  ~Values();
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;

  OrtValue** data() { return values_.data(); }
  size_t size() const { return values_.size(); }
  OrtValue*& operator[](size_t i) { return values_[i]; }

  // The value passes to the caller.
  OrtValue* Release(size_t i) { return std::exchange(values_[i], nullptr); }

 private:
  const OrtApi& api_;
  std::vector<OrtValue*> values_;
};

// The tensor as the runtime wants it: a view of its elements, which must outlive the value; a copy if they are strings.
Status ToValue(const Runtime& runtime, const Tensor& tensor, OrtValue*& value);

// A view of writable memory that a run is to fill with elements of this type and shape.
Status ToDestinationValue(const Runtime& runtime, DataType type, const Shape& shape, Buffer& memory, OrtValue*& value);

// A tensor that views what the runtime allocated and keeps it alive; strings are copied into V2's layout, into
// `destination` if it is large enough. Takes the value.
Result<Tensor> ToTensor(const std::shared_ptr<const Runtime>& runtime, OrtValue* value, const Buffer& destination);

}  // namespace trireme::onnx
