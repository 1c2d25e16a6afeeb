// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/results.h"

#include <utility>

namespace trireme::torch_backend {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxTensors = 1024;

class Flattening {
 public:
  // `name` is empty where nobody has given one.
  Status Add(const c10::IValue& value, const std::string& name, int depth) {
    if (depth > kMaxDepth) return Unsupported("forward returns tuples in tuples, deeper than can be served");
    if (value.isNone()) return {};
    if (value.isTensor()) return Take(value.toTensor(), name);
    if (value.isInt() || value.isDouble() || value.isBool())
      return Take(at::scalar_tensor(value.toScalar()), name, value);
    if (value.isTuple()) return AddTuple(value, name, depth);
    if (value.isList()) return AddElements(value.toListRef().vec(), name, depth);
    if (value.isGenericDict()) return AddDict(value, name, depth);
    return Unsupported("forward returns " + value.type()->annotation_str() + ", and only tensors can be served");
  }

  Result<std::vector<NamedResult>> Finish() && {
    if (results_.empty()) return Unsupported("forward returns no tensor");
    return std::move(results_);
  }

 private:
  Status Take(at::Tensor tensor, const std::string& name) {
    if (results_.size() == kMaxTensors) return Unsupported("forward returns more tensors than can be served");
    const bool is_keyed = !name.empty();
    results_.push_back({.name = is_keyed ? name : "output__" + std::to_string(results_.size()),
                        .is_keyed = is_keyed,
                        .tensor = std::move(tensor)});
    return {};
  }

  Status Take(at::Tensor tensor, const std::string& name, const c10::IValue& number) {
    if (number.isInt()) tensor = tensor.to(at::kLong);
    if (number.isBool()) tensor = tensor.to(at::kBool);
    return Take(std::move(tensor), name);
  }

  Status AddTuple(const c10::IValue& value, const std::string& name, int depth) {
    const auto& elements = value.toTupleRef().elements();
    const auto type = value.type()->cast<c10::TupleType>();
    if (type == nullptr || !type->schema()) {
      return AddElements(std::vector<c10::IValue>(elements.begin(), elements.end()), name, depth);
    }
    const auto& fields = type->schema()->arguments();
    for (size_t i = 0; i < fields.size(); ++i) {
      RETURN_IF_ERROR(Add(elements[i], Below(name, fields[i].name()), depth + 1));
    }
    return {};
  }

  Status AddElements(const std::vector<c10::IValue>& elements, const std::string& name, int depth) {
    const bool is_one = elements.size() == 1;
    for (size_t i = 0; i < elements.size(); ++i) {
      RETURN_IF_ERROR(Add(elements[i], name.empty() || is_one ? name : name + "__" + std::to_string(i), depth + 1));
    }
    return {};
  }

  Status AddDict(const c10::IValue& value, const std::string& name, int depth) {
    for (const auto& entry : value.toGenericDict()) {
      const c10::IValue& key = entry.key();
      if (!key.isString() && !key.isInt()) return Unsupported("forward returns a dict whose keys are no texts");
      const std::string text = key.isString() ? key.toStringRef() : std::to_string(key.toInt());
      RETURN_IF_ERROR(Add(entry.value(), Below(name, text), depth + 1));
    }
    return {};
  }

  static std::string Below(const std::string& name, const std::string& key) {
    return name.empty() ? key : name + "__" + key;
  }

  std::vector<NamedResult> results_;
};

}  // namespace

Result<std::vector<NamedResult>> Flatten(const c10::IValue& value) {
  Flattening flattening;
  RETURN_IF_ERROR(flattening.Add(value, {}, 0));
  return std::move(flattening).Finish();
}

}  // namespace trireme::torch_backend
