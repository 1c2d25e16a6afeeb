// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "wire/kserve/fields.h"
#include "wire/kserve/infer_proto.h"
#include "wire/kserve/proto_fields.h"
#include "wire/kserve/proto_parameters.h"
#include "wire/kserve/proto_tensor_list.h"
#include "wire/kserve/shared_memory_fields.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kReservedPrefix = "triton_";
constexpr std::string_view kEmptyFinalResponse = "triton_enable_empty_final_response";

// One ModelInferRequest while it is read.
class RequestReader {
 public:
  RequestReader(const std::shared_ptr<const void>& keep_alive, MemoryPool& pool)
      : inputs_(ProtoTensorList::Kind::kInputs, keep_alive, pool) {}

  Result<GrpcInferRequest> Read(std::span<const std::byte> bytes) {
    RETURN_IF_ERROR(ReadProtoMessage(bytes, Place("ModelInferRequest", nullptr),
                                     [&](const ProtoField& field) { return ReadMember(field); }));
    RETURN_IF_ERROR(inputs_.Finish());
    message().inputs = std::move(inputs_.tensors());
    message().shared_inputs = std::move(inputs_.shared_inputs());
    message().form.binary_data_output = true;
    return std::move(request_);
  }

 private:
  InferRequestMessage& message() { return request_.message; }

  Status ReadMember(const ProtoField& field) {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("model_name", nullptr), request_.model_name);
      case 2:
        return ReadProto(field, Place("model_version", nullptr), request_.model_version);
      case 3:
        return ReadId(field, Place("id", nullptr));
      case 4:
        return ReadParameter(field, Place("parameters", nullptr));
      case 5:
        return inputs_.ReadTensor(field);
      case 6:
        return ReadOutput(field, Place("outputs", nullptr));
      case 7:
        return inputs_.ReadRaw(field);
      default:
        return {};
    }
  }

  // An empty one is the same as none.
  Status ReadId(const ProtoField& field, const Place& place) {
    std::string_view id;
    RETURN_IF_ERROR(ReadProto(field, place, id));
    if (id.size() > kMaxIdBytes) {
      return place.Wrong("at most " + std::to_string(kMaxIdBytes) + " bytes", std::to_string(id.size()));
    }
    message().form.id = id.empty() ? std::nullopt : std::optional<std::string>(id);
    return {};
  }

  Status ReadParameter(const ProtoField& entry, const Place& parameters) {
    ASSIGN_OR_RETURN(ProtoParameter parameter, ReadParameterEntry(entry, parameters));
    const auto& [key, value] = parameter;
    const Place place(key, &parameters);
    SequenceFields& sequence = message().sequence;
    if (key == "sequence_id") return ReadSequenceId(value, place);
    if (key == "sequence_start") return WantBool(value, place, sequence.start);
    if (key == "sequence_end") return WantBool(value, place, sequence.end);
    if (key == "priority") return WantUint64(value, place, message().priority);
    if (key == "timeout") return ReadTimeout(value, place);
    if (key == kEmptyFinalResponse) return WantBool(value, place, request_.wants_empty_final_response);
    if (key.starts_with(kReservedPrefix)) {
      return place.Wrong(
          "no key that begins with 'triton_', which is reserved, but " + std::string(kEmptyFinalResponse), "one");
    }
    return KeepParameter(std::move(parameter), place, message().parameters);
  }

  Status ReadSequenceId(const ParameterValue& value, const Place& place) {
    auto& id = message().sequence.id;
    id = std::monostate();
    if (const std::string* text = std::get_if<std::string>(&value)) {
      if (!text->empty()) id = *text;
      return {};
    }
    if (!std::holds_alternative<int64_t>(value)) {
      return place.Wrong("a number in int64_param or a text in string_param", Described(value));
    }
    uint64_t number = 0;
    RETURN_IF_ERROR(WantInt64(value, place, 0, number));
    if (number != 0) id = number;
    return {};
  }

  Status ReadTimeout(const ParameterValue& value, const Place& place) {
    constexpr auto kMaxMicroseconds = static_cast<uint64_t>(std::chrono::microseconds(kMaxTimeout).count());
    uint64_t microseconds = 0;
    RETURN_IF_ERROR(WantInt64(value, place, 0, microseconds));
    message().timeout.reset();
    if (microseconds > 0) message().timeout = std::chrono::microseconds(std::min(microseconds, kMaxMicroseconds));
    return {};
  }

  Status ReadOutput(const ProtoField& field, const Place& list) {
    std::vector<OutputForm>& outputs = message().form.outputs;
    if (outputs.size() == kMaxTensors) {
      return list.Wrong("at most " + std::to_string(kMaxTensors) + " tensors", "more");
    }
    const Place place(outputs.size(), &list);
    const Place parameters("parameters", &place);
    std::string_view tensor;
    std::string_view name;
    OutputForm form{.name = {}, .binary = true};
    SharedMemoryFields shared;
    RETURN_IF_ERROR(ReadProtoBytes(field, place, "a tensor", tensor));
    RETURN_IF_ERROR(ReadProtoMessage(tensor, place, [&](const ProtoField& member) {
      if (member.number == 1) return ReadProto(member, Place("name", &place), name);
      return member.number == 2 ? ReadOutputParameter(member, parameters, form, shared) : Status();
    }));
    if (shared.given()) {
      if (form.classification > 0) return SharedMemoryAnd("classification", parameters);
      ASSIGN_OR_RETURN(form.shared_memory, ToRange(std::move(shared), parameters));
    }
    return AddOutput(Place("name", &place), name, std::move(form));
  }

  static Status ReadOutputParameter(const ProtoField& entry, const Place& parameters, OutputForm& form,
                                    SharedMemoryFields& shared) {
    ASSIGN_OR_RETURN(const ProtoParameter parameter, ReadParameterEntry(entry, parameters));
    if (parameter.key != "classification") return ReadSharedMemory(parameter, parameters, shared);
    return WantInt64(parameter.value, Place(parameter.key, &parameters), 1, form.classification);
  }

  Status AddOutput(const Place& place, std::string_view name, OutputForm form) {
    if (name.empty()) return place.Wrong("a string", "nothing");
    if (name.size() > kMaxNameBytes) return NameTooLong(place, name);
    std::vector<OutputForm>& outputs = message().form.outputs;
    if (std::any_of(outputs.begin(), outputs.end(), [&](const OutputForm& other) { return other.name == name; })) {
      return place.Wrong("a name of its own", Quoted(name) + " a second time");
    }
    form.name = name;
    outputs.push_back(std::move(form));
    return {};
  }

  ProtoTensorList inputs_;
  GrpcInferRequest request_;
};

}  // namespace

Result<GrpcInferRequest> DecodeGrpcInferRequest(std::span<const std::byte> bytes,
                                                const std::shared_ptr<const void>& keep_alive, MemoryPool& pool) {
  return RequestReader(keep_alive, pool).Read(bytes);
}

}  // namespace trireme::kserve
