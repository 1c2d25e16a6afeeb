// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/place.h"
#include "wire/kserve/tensor_list.h"

namespace trireme::kserve {
namespace {

// One response while it is read.
class ResponseReader {
 public:
  ResponseReader(const ReceivedBody& body, MemoryPool& pool)
      : body_(body), pool_(pool), json_(body.json()), outputs_(TensorList::Kind::kOutputs) {}

  Result<InferResponseMessage> Read() {
    if (!json_.EnterObject()) return json_.status();
    while (const auto key = json_.NextKey()) RETURN_IF_ERROR(ReadMember(*key));
    if (!json_.Finish()) return json_.status();
    if (!model_name_) return Place("model_name", nullptr).Wrong("a string", "nothing");
    if (!outputs_.given()) return Place("outputs", nullptr).Wrong("an array", "nothing");
    RETURN_IF_ERROR(outputs_.AttachBinary(body_, pool_));
    message_.model_name = *std::move(model_name_);
    message_.model_version = std::move(model_version_).value_or("");
    message_.outputs = std::move(outputs_.tensors());
    message_.outputs_elsewhere = std::move(outputs_.outputs_elsewhere());
    return std::move(message_);
  }

 private:
  Status ReadMember(std::string_view key) {
    if (key == "id") return ReadField(json_, Place("id", nullptr), message_.id);
    if (key == "model_name") return ReadField(json_, Place("model_name", nullptr), model_name_);
    if (key == "model_version") return ReadField(json_, Place("model_version", nullptr), model_version_);
    if (key == "parameters") return ReadParameters(Place("parameters", nullptr));
    if (key == "outputs") return outputs_.Read(json_, pool_);
    return json_.Skip() ? Status() : json_.status();
  }

  Status ReadParameters(const Place& place) {
    if (std::exchange(has_parameters_, true)) return place.GivenTwice();
    if (!json_.EnterObject()) return place.Wrong(json_);
    while (const auto key = json_.NextKey()) {
      RETURN_IF_ERROR(ReadParameter(json_, Place(*key, &place), std::string(*key), message_.parameters));
    }
    return json_.ok() ? Status() : place.Wrong(json_);
  }

  const ReceivedBody& body_;
  MemoryPool& pool_;
  JsonCursor json_;
  TensorList outputs_;
  InferResponseMessage message_;
  std::optional<std::string> model_name_;
  std::optional<std::string> model_version_;
  bool has_parameters_ = false;
};

}  // namespace

Result<InferResponseMessage> DecodeInferResponse(const ReceivedBody& body, MemoryPool& pool) {
  return ResponseReader(body, pool).Read();
}

}  // namespace trireme::kserve
