// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/shared_memory_tensors.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "dialect/request_body.h"
#include "shared_memory/regions.h"
#include "tensor/bytes_elements.h"
#include "wire/kserve/place.h"

namespace trireme::kserve {
namespace {

constexpr size_t kLongCopyBytes = 1 << 20;  // some 100 us
constexpr size_t kSmallCopyBytes = 64 << 10;

// Null of a name that the model does not have, and of a model that does not serve: the engine says what is wrong.
const TensorSpec* SpecOf(const Signature* signature, const std::vector<TensorSpec> Signature::*side,
                         std::string_view name) {
  if (signature == nullptr) return nullptr;
  const std::vector<TensorSpec>& specs = signature->*side;
  const int index = FindSpec(specs, name);
  return index < 0 ? nullptr : &specs[static_cast<size_t>(index)];
}

// Elements that were copied out of a client's memory, and the share that they have of what all may hold.
struct CopiedElements {
  explicit CopiedElements(std::shared_ptr<net::ByteBudget> all) : budget(std::move(all)), share(*budget) {}

  const std::shared_ptr<net::ByteBudget> budget;  // shared by all requests, which may outlive the services
  net::ByteBudget::Share share;
  Buffer bytes;
};

Result<Buffer> Copy(const InferServices& services, const Buffer& from) {
  if (from.size() > services.max_body_bytes) {
    return TooLarge("expected at most " + std::to_string(services.max_body_bytes) + " bytes to be copied (" +
                    std::string(kBodyLimitName) + "), got " + std::to_string(from.size()));
  }
  auto copy = std::make_shared<CopiedElements>(services.inflated);
  if (from.size() > kSmallCopyBytes && !copy->share.Cover(from.size())) {
    return Unavailable("expected at most " + std::to_string(services.inflated->max_bytes()) +
                       " bytes of copied tensors and inflated bodies of all requests together "
                       "(--max-body-in-flight, or half of --budget), got more; try again later");
  }
  copy->bytes = Buffer::Take(services.pool, from.size());
  const std::span<std::byte> to(copy->bytes.mutable_data(), from.size());
  if (from.kind() == MemoryKind::kDevice) {
    RETURN_IF_ERROR(SharedMemoryRegions::CopyToHost(from, to));
  } else if (!from.empty()) {
    std::memcpy(to.data(), from.data(), from.size());
  }
  return Buffer::View(to.data(), to.size(), std::move(copy));
}

Status CheckSize(const Tensor& tensor, uint64_t bytes) {
  if (tensor.type == DataType::kBytes) return {};
  const std::optional<size_t> expected = ByteSize(tensor.type, tensor.shape);
  if (expected && *expected == bytes) return {};
  return InvalidArgument("expected shared_memory_byte_size to be " +
                         (expected ? std::to_string(*expected) : std::string("more than there can be")) + " for " +
                         std::string(Name(tensor.type)) + " " + tensor.shape.ToString() + ", found " +
                         std::to_string(bytes));
}

// Whether a model may read or write it where it lies, which is host memory alone.
bool IsUsedInPlace(const TensorSpec* spec, const Buffer& place) {
  return spec != nullptr && spec->may_change && place.kind() != MemoryKind::kDevice &&
         (place.empty() || IsAligned(spec->type, place.data()));
}

// Where it lies, if it is read there.
Result<std::optional<Buffer>> PlaceInput(const InferServices& services, const std::string& principal,
                                         const TensorSpec* spec, const SharedMemoryRange& range, Tensor& tensor) {
  RETURN_IF_ERROR(CheckSize(tensor, range.byte_size));
  ASSIGN_OR_RETURN(Buffer place, services.shared_memory.Find(principal, range.region, range.offset, range.byte_size));
  if (IsUsedInPlace(spec, place) && spec->type == tensor.type) {
    tensor.data = place;
    return std::optional<Buffer>(std::move(place));
  }
  ASSIGN_OR_RETURN(tensor.data, Copy(services, place));
  if (tensor.type == DataType::kBytes) {
    RETURN_IF_ERROR(CheckBytesElements(tensor.data.bytes(), tensor.shape.ElementCount().value_or(0)));
  }
  return std::optional<Buffer>();
}

const Tensor* FindOutput(const InferResponse& response, const std::string& name) {
  const auto found = std::ranges::find(response.outputs, name, &NamedTensor::name);
  return found == response.outputs.end() ? nullptr : &found->tensor;
}

bool AnyShared(const std::vector<OutputForm>& outputs) {
  return std::ranges::any_of(outputs, [](const OutputForm& output) { return output.shared_memory.has_value(); });
}

}  // namespace

Result<std::vector<Buffer>> PlaceSharedInputs(const InferServices& services, InferRequestMessage& message,
                                              InferRequest& request) {
  std::vector<Buffer> in_place;
  if (message.shared_inputs.empty()) return in_place;
  const std::shared_ptr<const Signature> signature = services.engine.FindSignature(request.model, request.version);
  for (const SharedInput& shared : message.shared_inputs) {
    NamedTensor& input = message.inputs[shared.input];
    const TensorSpec* spec = SpecOf(signature.get(), &Signature::inputs, input.name);
    Result<std::optional<Buffer>> placed =
        PlaceInput(services, request.caller.principal, spec, shared.range, input.tensor);
    if (!placed.ok()) return std::move(placed).status().Within("input " + Quoted(input.name));
    if (!*placed) continue;
    in_place.push_back(**std::move(placed));
    request.changing_inputs.push_back(shared.input);
  }
  return in_place;
}

bool IsLongToPlace(const InferRequestMessage& message) {
  // What will be copied depends on where it lies, so all of it counts. A sum of huge ones must not wrap.
  uint64_t bytes = 0;
  for (const SharedInput& shared : message.shared_inputs) {
    bytes += std::min<uint64_t>(shared.range.byte_size, kLongCopyBytes + 1);
  }
  return bytes > kLongCopyBytes;
}

Status SharedOutputs::Place(const InferServices& services, std::vector<Buffer> in_use,
                            const std::vector<OutputForm>& outputs, InferRequest& request) {
  if (!AnyShared(outputs)) return {};
  const std::shared_ptr<const Signature> signature = services.engine.FindSignature(request.model, request.version);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::optional<SharedMemoryRange>& range = outputs[i].shared_memory;
    if (!range) continue;
    Result<Buffer> place =
        services.shared_memory.Find(request.caller.principal, range->region, range->offset, range->byte_size);
    if (!place.ok()) return std::move(place).status().Within("output " + Quoted(outputs[i].name));
    const auto overlaps = [&](const Buffer& used) { return SharedMemoryRegions::Overlap(used, *place); };
    const TensorSpec* spec = SpecOf(signature.get(), &Signature::outputs, outputs[i].name);
    if (IsUsedInPlace(spec, *place) && std::ranges::none_of(in_use, overlaps)) {
      request.outputs[i].destination = *place;
      request.outputs[i].may_change = true;
      in_use.push_back(*place);
    }
    outputs_.push_back({.name = outputs[i].name, .place = *std::move(place)});
  }
  return {};
}

bool SharedOutputs::IsLong(const InferResponse& response) const {
  size_t bytes = 0;
  for (const Output& output : outputs_) {
    const Tensor* tensor = FindOutput(response, output.name);
    if (tensor != nullptr && tensor->data.data() != output.place.data()) bytes += tensor->data.size();
  }
  return bytes > kLongCopyBytes;
}

Status SharedOutputs::Store(const InferResponse& response) const {
  for (const Output& output : outputs_) {
    const Tensor* tensor = FindOutput(response, output.name);
    if (tensor != nullptr) RETURN_IF_ERROR(StoreOne(output, *tensor));
  }
  return {};
}

Status SharedOutputs::StoreOne(const Output& output, const Tensor& tensor) const {
  const size_t bytes = tensor.data.size();
  if (bytes == 0 || tensor.data.data() == output.place.data()) return {};
  if (bytes > output.place.size()) {
    return InvalidArgument("shared memory size specified with the request for output " + Quoted(output.name) + " (" +
                           std::to_string(output.place.size()) + " bytes) should be at least " + std::to_string(bytes) +
                           " bytes to hold the results");
  }
  Buffer place = output.place.Slice(0, bytes);
  if (place.kind() == MemoryKind::kDevice) return SharedMemoryRegions::CopyFromHost(tensor.data.bytes(), place);
  std::memmove(place.mutable_data(), tensor.data.data(), bytes);
  return {};
}

}  // namespace trireme::kserve
