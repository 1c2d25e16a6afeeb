// SPDX-License-Identifier: Apache-2.0
#include "backends/repeat/repeat_signature.h"

#include <string>
#include <vector>

namespace trireme::repeat {
namespace {

Status Wrong(const TensorSpec& spec, const std::string& expected, const std::string& found) {
  return InvalidArgument(spec.name + ": expected " + expected + ", found " + found);
}

Status CheckType(const TensorSpec& spec, DataType type) {
  if (spec.type == type) return {};
  return Wrong(spec, "datatype " + std::string(Name(type)), std::string(Name(spec.type)));
}

// A vector; `size` is Shape::kAny for one of any size.
Status CheckShape(const TensorSpec& spec, int64_t size) {
  if (spec.shape.rank() == 1 && (size == Shape::kAny || spec.shape[0] == size)) return {};
  return Wrong(spec, size == Shape::kAny ? "one dimension" : Shape({size}).ToString(), spec.shape.ToString());
}

Status CheckNames(const std::vector<TensorSpec>& specs, const std::vector<std::string_view>& known, const char* what) {
  for (const TensorSpec& spec : specs) {
    bool found = false;
    for (const std::string_view name : known) found = found || spec.name == name;
    if (found) continue;
    std::string names;
    for (const std::string_view name : known) names += (names.empty() ? "" : ", ") + std::string(name);
    return InvalidArgument("backend repeat: expected " + std::string(what) + "s " + names + ", found '" + spec.name +
                           "'");
  }
  return {};
}

Status CheckNumber(const std::vector<TensorSpec>& specs, int place, int64_t size) {
  if (place < 0) return {};
  RETURN_IF_ERROR(CheckType(specs[static_cast<size_t>(place)], DataType::kUint32));
  return CheckShape(specs[static_cast<size_t>(place)], size);
}

}  // namespace

Result<Places> FindPlaces(const Signature& signature) {
  const auto& inputs = signature.inputs;
  const auto& outputs = signature.outputs;
  if (signature.batched) return InvalidArgument("max_batch_size: expected 0, as a repeat model does not batch");
  RETURN_IF_ERROR(CheckNames(inputs, {"IN", "DELAY", "WAIT"}, "input"));
  RETURN_IF_ERROR(CheckNames(outputs, {"OUT", "IDX"}, "output"));
  const Places places{.in = FindSpec(inputs, "IN"),
                      .delay = FindSpec(inputs, "DELAY"),
                      .wait = FindSpec(inputs, "WAIT"),
                      .out = FindSpec(outputs, "OUT"),
                      .idx = FindSpec(outputs, "IDX")};
  if (places.in < 0 || places.out < 0) {
    return InvalidArgument("backend repeat: expected an input IN and an output OUT, found only one of them, or none");
  }
  const TensorSpec& in = inputs[static_cast<size_t>(places.in)];
  const TensorSpec& out = outputs[static_cast<size_t>(places.out)];
  if (in.optional) return Wrong(in, "an input that every request has", "one that is optional");
  RETURN_IF_ERROR(CheckShape(in, Shape::kAny));
  RETURN_IF_ERROR(CheckType(out, in.type));
  RETURN_IF_ERROR(CheckShape(out, 1));
  RETURN_IF_ERROR(CheckNumber(inputs, places.delay, Shape::kAny));
  RETURN_IF_ERROR(CheckNumber(inputs, places.wait, 1));
  RETURN_IF_ERROR(CheckNumber(outputs, places.idx, 1));
  return places;
}

}  // namespace trireme::repeat
