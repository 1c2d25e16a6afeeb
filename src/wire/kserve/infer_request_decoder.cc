// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "codec/json_cursor.h"
#include "wire/kserve/fields.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/place.h"
#include "wire/kserve/shared_memory_fields.h"
#include "wire/kserve/tensor_list.h"

namespace trireme::kserve {
namespace {

constexpr std::string_view kReservedPrefix = "triton_";

// One request while it is read.
class RequestReader {
 public:
  RequestReader(const ReceivedBody& body, MemoryPool& pool)
      : body_(body), pool_(pool), json_(body.json()), inputs_(TensorList::Kind::kInputs) {}

  Result<InferRequestMessage> Read() {
    if (!json_.EnterObject()) return json_.status();
    while (const auto key = json_.NextKey()) RETURN_IF_ERROR(ReadMember(*key));
    if (!json_.Finish()) return WithHeaderHint(json_.status());
    if (!inputs_.given()) return Place("inputs", nullptr).Wrong("an array", "nothing");
    RETURN_IF_ERROR(inputs_.AttachBinary(body_, pool_));
    message_.inputs = std::move(inputs_.tensors());
    message_.shared_inputs = std::move(inputs_.shared_inputs());
    return std::move(message_);
  }

 private:
  // Bytes behind the document are mostly tensors, from a client that did not say so.
  Status WithHeaderHint(const Status& status) const {
    if (body_.json_bytes) return status;
    return InvalidArgument(status.message() + "; if tensors follow the JSON, header " + std::string(kHeaderLengthName) +
                           " must say where it ends");
  }

  Status ReadMember(std::string_view key) {
    if (key == "inputs") return inputs_.Read(json_, pool_);
    if (key == "id") return ReadId(Place("id", nullptr));
    if (key == "parameters") return ReadParameters(Place("parameters", nullptr));
    if (key == "outputs") return ReadOutputs(Place("outputs", nullptr));
    return json_.Skip() ? Status() : json_.status();
  }

  Status ReadId(const Place& place) {
    std::optional<std::string>& id = message_.form.id;
    RETURN_IF_ERROR(ReadField(json_, place, id));
    if (id->size() <= kMaxIdBytes) return {};
    return place.Wrong("at most " + std::to_string(kMaxIdBytes) + " bytes", std::to_string(id->size()));
  }

  Status ReadParameters(const Place& place) {
    if (std::exchange(has_parameters_, true)) return place.GivenTwice();
    if (!json_.EnterObject()) return place.Wrong(json_);
    while (const auto key = json_.NextKey()) RETURN_IF_ERROR(ReadParameter(*key, Place(*key, &place)));
    if (!json_.ok()) return place.Wrong(json_);
    TakeKnown();
    return {};
  }

  Status ReadParameter(std::string_view key, const Place& place) {
    if (key == "binary_data_output") return ReadField(json_, place, binary_data_output_);
    if (key == "sequence_id") return ReadSequenceId(place);
    if (key == "sequence_start") return ReadField(json_, place, sequence_start_);
    if (key == "sequence_end") return ReadField(json_, place, sequence_end_);
    if (key == "priority") return ReadField(json_, place, priority_);
    if (key == "timeout") return ReadField(json_, place, timeout_us_);
    if (key.starts_with(kReservedPrefix)) {
      return place.Wrong("no key that begins with 'triton_', which is reserved", "one");
    }
    return kserve::ReadParameter(json_, place, std::string(key), message_.parameters);
  }

  Status ReadSequenceId(const Place& place) {
    auto& id = message_.sequence.id;
    if (std::exchange(has_sequence_id_, true)) return place.GivenTwice();
    if (json_.Peek() == JsonCursor::Kind::kString) {
      const std::optional<std::string_view> text = json_.ReadString();
      if (!text) return place.Wrong(json_);
      if (!text->empty()) id = std::string(*text);
      return {};
    }
    const std::optional<uint64_t> number = json_.ReadUint64();
    if (!number) return place.Wrong(json_);
    if (*number != 0) id = *number;
    return {};
  }

  // What the parameters mean, once all are read.
  void TakeKnown() {
    message_.form.binary_data_output = binary_data_output_.value_or(false);
    message_.sequence.start = sequence_start_.value_or(false);
    message_.sequence.end = sequence_end_.value_or(false);
    message_.priority = priority_.value_or(0);
    if (timeout_us_.value_or(0) == 0) return;
    constexpr auto kMaxMicroseconds = static_cast<uint64_t>(std::chrono::microseconds(kMaxTimeout).count());
    message_.timeout = std::chrono::microseconds(std::min(*timeout_us_, kMaxMicroseconds));
  }

  Status ReadOutputs(const Place& place) {
    if (std::exchange(has_outputs_, true)) return place.GivenTwice();
    if (!json_.EnterArray()) return place.Wrong(json_);
    std::vector<OutputForm>& outputs = message_.form.outputs;
    while (json_.NextElement()) {
      if (outputs.size() == kMaxTensors) {
        return place.Wrong("at most " + std::to_string(kMaxTensors) + " tensors", "more");
      }
      RETURN_IF_ERROR(ReadOutput(Place(outputs.size(), &place)));
    }
    return json_.ok() ? Status() : place.Wrong(json_);
  }

  Status ReadOutput(const Place& place) {
    std::optional<std::string> name;
    std::optional<OutputForm> form;
    if (!json_.EnterObject()) return place.Wrong(json_);
    while (const auto key = json_.NextKey()) {
      if (*key == "name") {
        RETURN_IF_ERROR(ReadField(json_, Place("name", &place), name));
      } else if (*key == "parameters") {
        RETURN_IF_ERROR(ReadOutputParameters(Place("parameters", &place), form));
      } else if (!json_.Skip()) {
        return place.Wrong(json_);
      }
    }
    if (!json_.ok()) return place.Wrong(json_);
    return AddOutput(place, std::move(name), form.value_or(OutputForm{}));
  }

  Status ReadOutputParameters(const Place& place, std::optional<OutputForm>& form) {
    if (form) return place.GivenTwice();
    std::optional<bool> binary;
    std::optional<uint64_t> classification;
    SharedMemoryFields shared;
    if (!json_.EnterObject()) return place.Wrong(json_);
    while (const auto key = json_.NextKey()) {
      const Place member(*key, &place);
      if (*key == "binary_data") {
        RETURN_IF_ERROR(ReadField(json_, member, binary));
      } else if (*key == "classification") {
        RETURN_IF_ERROR(ReadField(json_, member, classification));
      } else if (const auto read = ReadSharedMemory(json_, *key, member, shared)) {
        RETURN_IF_ERROR(*read);
      } else {
        RETURN_IF_ERROR(IgnoreParameter(json_, member));
      }
    }
    if (!json_.ok()) return place.Wrong(json_);
    form = OutputForm{.name = {}, .binary = binary.value_or(false), .classification = classification.value_or(0)};
    return shared.given() ? TakeSharedMemory(place, std::move(shared), *form) : Status();
  }

  static Status TakeSharedMemory(const Place& parameters, SharedMemoryFields shared, OutputForm& form) {
    if (form.binary) return SharedMemoryAnd("binary_data", parameters);
    if (form.classification > 0) return SharedMemoryAnd("classification", parameters);
    ASSIGN_OR_RETURN(form.shared_memory, ToRange(std::move(shared), parameters));
    return {};
  }

  Status AddOutput(const Place& place, std::optional<std::string> name, OutputForm form) {
    const Place name_place("name", &place);
    if (!name) return name_place.Wrong("a string", "nothing");
    if (name->size() > kMaxNameBytes) return NameTooLong(name_place, *name);
    std::vector<OutputForm>& outputs = message_.form.outputs;
    if (std::any_of(outputs.begin(), outputs.end(), [&](const OutputForm& other) { return other.name == *name; })) {
      return name_place.Wrong("a name of its own", Quoted(*name) + " a second time");
    }
    form.name = *std::move(name);
    outputs.push_back(std::move(form));
    return {};
  }

  const ReceivedBody& body_;
  MemoryPool& pool_;
  JsonCursor json_;
  TensorList inputs_;
  InferRequestMessage message_;
  bool has_parameters_ = false;
  bool has_outputs_ = false;
  bool has_sequence_id_ = false;
  std::optional<bool> binary_data_output_;
  std::optional<bool> sequence_start_;
  std::optional<bool> sequence_end_;
  std::optional<uint64_t> priority_;
  std::optional<uint64_t> timeout_us_;
};

}  // namespace

Result<InferRequestMessage> DecodeInferRequest(const ReceivedBody& body, MemoryPool& pool) {
  return RequestReader(body, pool).Read();
}

}  // namespace trireme::kserve
