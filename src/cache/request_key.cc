// SPDX-License-Identifier: Apache-2.0
#include "cache/request_key.h"

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace trireme {
namespace {

// Everything but the elements. Each text stands behind its length and each list behind its count, so that no two
// requests have the same head; it says how many bytes of elements follow.
class Head {
 public:
  void Add(uint64_t number) { text_.append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void Add(std::string_view text) {
    Add(uint64_t{text.size()});
    text_ += text;
  }
  void Add(const ParameterValue& value) {
    Add(uint64_t{value.index()});
    std::visit(
        [this](const auto& alternative) {
          using Alternative = std::decay_t<decltype(alternative)>;
          if constexpr (std::is_same_v<Alternative, std::string>) {
            Add(std::string_view(alternative));
          } else if constexpr (std::is_same_v<Alternative, double>) {
            Add(std::bit_cast<uint64_t>(alternative));
          } else {
            Add(static_cast<uint64_t>(alternative));
          }
        },
        value);
  }
  void Add(const NamedTensor& input) {
    Add(std::string_view(input.name));
    Add(static_cast<uint64_t>(input.tensor.type));
    Add(uint64_t{input.tensor.shape.rank()});
    for (size_t i = 0; i < input.tensor.shape.rank(); ++i) Add(static_cast<uint64_t>(input.tensor.shape[i]));
    Add(uint64_t{input.tensor.data.size()});
  }

  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(text_)); }

 private:
  std::string text_;
};

bool IsOfASequence(const SequenceFields& sequence) {
  return !std::holds_alternative<std::monostate>(sequence.id) || sequence.start || sequence.end;
}

bool HasAnAnswerOfItsOwn(const InferRequest& request) {
  if (IsOfASequence(request.sequence) || !request.changing_inputs.empty()) return true;
  for (const RequestedOutput& output : request.outputs) {
    if (!output.destination.empty() || output.may_change) return true;
  }
  for (const NamedTensor& input : request.inputs) {
    if (input.tensor.data.kind() == MemoryKind::kDevice) return true;
  }
  return false;
}

}  // namespace

std::optional<Hash128> KeyOf(const InferRequest& request, const KeyedHash& hash) {
  if (HasAnAnswerOfItsOwn(request)) return std::nullopt;
  Head head;
  head.Add(std::string_view(request.signature));
  head.Add(uint64_t{request.takes_several});
  head.Add(uint64_t{request.outputs.size()});
  for (const RequestedOutput& output : request.outputs) head.Add(std::string_view(output.name));
  head.Add(uint64_t{request.parameters.size()});
  for (const auto& [name, value] : request.parameters) {
    head.Add(std::string_view(name));
    head.Add(value);
  }
  head.Add(uint64_t{request.inputs.size()});
  for (const NamedTensor& input : request.inputs) head.Add(input);
  std::vector<std::span<const std::byte>> pieces = {head.bytes()};
  for (const NamedTensor& input : request.inputs) pieces.push_back(input.tensor.data.bytes());
  return hash.Of(pieces);
}

}  // namespace trireme
