// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "wire/kserve/infer_proto.h"
#include "wire/kserve/proto_fields.h"
#include "wire/kserve/proto_parameters.h"
#include "wire/kserve/proto_tensor_list.h"

namespace trireme::kserve {
namespace {

// One ModelInferResponse while it is read, in one piece or several.
class ResponseReader {
 public:
  ResponseReader(const std::shared_ptr<const void>& keep_alive, MemoryPool& pool)
      : outputs_(ProtoTensorList::Kind::kOutputs, keep_alive, pool) {}

  template <typename Bytes>
  Status Read(const Bytes& bytes) {
    return ReadProtoMessage(bytes, Place("ModelInferResponse", nullptr),
                            [&](const ProtoField& field) { return ReadMember(field); });
  }

  // As a member of another message.
  Status ReadMessage(const ProtoField& field) {
    std::string_view response;
    RETURN_IF_ERROR(ReadProtoBytes(field, Place("infer_response", nullptr), "a ModelInferResponse", response));
    return Read(response);
  }

  Result<InferResponseMessage> Finish() {
    RETURN_IF_ERROR(outputs_.Finish());
    message_.outputs = std::move(outputs_.tensors());
    message_.outputs_elsewhere = std::move(outputs_.outputs_elsewhere());
    return std::move(message_);
  }

 private:
  Status ReadMember(const ProtoField& field) {
    switch (field.number) {
      case 1:
        return ReadProto(field, Place("model_name", nullptr), message_.model_name);
      case 2:
        return ReadProto(field, Place("model_version", nullptr), message_.model_version);
      case 3:
        return ReadId(field);
      case 4:
        return ReadParameter(field, Place("parameters", nullptr));
      case 5:
        return outputs_.ReadTensor(field);
      case 6:
        return outputs_.ReadRaw(field);
      default:
        return {};
    }
  }

  Status ReadId(const ProtoField& field) {
    std::string_view id;
    RETURN_IF_ERROR(ReadProto(field, Place("id", nullptr), id));
    message_.id = id.empty() ? std::nullopt : std::optional<std::string>(id);
    return {};
  }

  Status ReadParameter(const ProtoField& entry, const Place& parameters) {
    ASSIGN_OR_RETURN(ProtoParameter parameter, ReadParameterEntry(entry, parameters));
    const Place place(parameter.key, &parameters);
    return KeepParameter(std::move(parameter), place, message_.parameters);
  }

  ProtoTensorList outputs_;
  InferResponseMessage message_;
};

}  // namespace

Result<InferResponseMessage> DecodeGrpcInferResponse(std::span<const std::byte> bytes,
                                                     const std::shared_ptr<const void>& keep_alive, MemoryPool& pool) {
  ResponseReader reader(keep_alive, pool);
  RETURN_IF_ERROR(reader.Read(bytes));
  return reader.Finish();
}

Result<GrpcStreamResponse> DecodeGrpcStreamResponse(std::span<const std::byte> bytes,
                                                    const std::shared_ptr<const void>& keep_alive, MemoryPool& pool) {
  GrpcStreamResponse stream;
  ResponseReader reader(keep_alive, pool);
  const auto read_member = [&](const ProtoField& field) {
    if (field.number == 1) return ReadProto(field, Place("error_message", nullptr), stream.error_message);
    return field.number == 2 ? reader.ReadMessage(field) : Status();
  };
  RETURN_IF_ERROR(ReadProtoMessage(bytes, Place("ModelStreamInferResponse", nullptr), read_member));
  ASSIGN_OR_RETURN(stream.response, reader.Finish());
  return stream;
}

}  // namespace trireme::kserve
