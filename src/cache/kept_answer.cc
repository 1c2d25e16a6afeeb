// SPDX-License-Identifier: Apache-2.0
#include "cache/kept_answer.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <variant>

#include "tensor/tensor.h"

namespace trireme {
namespace {

constexpr size_t kAlignment = 64;  // of each output, as the memory pool's
// What a list's, a table's and a shared pointer's own places take, roughly.
constexpr size_t kEntryBytes = 256;

size_t Aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

size_t BlockBytes(const InferResponse& response) {
  size_t bytes = 0;
  for (const NamedTensor& output : response.outputs) bytes += Aligned(output.tensor.data.size());
  return bytes;
}

std::shared_ptr<std::byte> MakeBlock(size_t bytes) {
  constexpr auto kAlign = std::align_val_t(kAlignment);
  return {static_cast<std::byte*>(::operator new(bytes, kAlign)),
          [](std::byte* block) { ::operator delete(block, kAlign); }};
}

}  // namespace

std::optional<size_t> BytesToKeep(const InferResponse& response) {
  size_t bytes = kEntryBytes + sizeof(KeptAnswer) + response.model.name.size() + BlockBytes(response);
  for (const NamedTensor& output : response.outputs) {
    if (output.tensor.data.kind() == MemoryKind::kDevice) return std::nullopt;
    bytes += sizeof(NamedTensor) + output.name.size() + output.tensor.shape.rank() * sizeof(int64_t);
  }
  for (const auto& [name, value] : response.parameters) {
    const auto* const text = std::get_if<std::string>(&value);
    bytes += sizeof(Parameters::value_type) + name.size() + (text == nullptr ? 0 : text->size());
  }
  return bytes;
}

std::shared_ptr<const KeptAnswer> Keep(const InferResponse& response) {
  // Shared by the outputs.
  const std::shared_ptr<std::byte> block = MakeBlock(BlockBytes(response));
  auto kept = std::make_shared<KeptAnswer>();
  kept->model = response.model;
  kept->parameters = response.parameters;
  kept->outputs.reserve(response.outputs.size());
  size_t at = 0;
  for (const NamedTensor& output : response.outputs) {
    const std::span<const std::byte> bytes = output.tensor.data.bytes();
    if (!bytes.empty()) std::memcpy(block.get() + at, bytes.data(), bytes.size());
    kept->outputs.push_back({.name = output.name,
                             .tensor = {.type = output.tensor.type,
                                        .shape = output.tensor.shape,
                                        .data = Buffer::View(block.get() + at, bytes.size(), block)}});
    at += Aligned(bytes.size());
  }
  return kept;
}

}  // namespace trireme
