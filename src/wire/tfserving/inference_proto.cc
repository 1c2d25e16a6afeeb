// SPDX-License-Identifier: Apache-2.0
#include "wire/tfserving/inference_proto.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "codec/proto_wire.h"
#include "wire/kserve/proto_fields.h"
#include "wire/tfserving/predict_json.h"

namespace trireme::tfserving {
namespace {

using kserve::Place;
using kserve::Quoted;
using kserve::ReadProto;
using kserve::ReadProtoBytes;
using kserve::ReadProtoMessage;

constexpr int kExampleList = 1;
constexpr int kExampleListWithContext = 2;

// An Input, which may be there in pieces.
class InputReader {
 public:
  Status Read(const ProtoField& field, const Place& place) {
    std::string_view input;
    RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", input));
    return ReadProtoMessage(input, place, [&](const ProtoField& member) -> Status {
      if (member.number != kExampleList && member.number != kExampleListWithContext) return {};
      // Of the kinds of a oneof the last one counts.
      if (std::exchange(kind_, member.number) != member.number) examples_ = {};
      const Place list(member.number == kExampleList ? "example_list" : "example_list_with_context", &place);
      return ReadList(member, list);
    });
  }
  Examples Take() { return std::move(examples_); }

 private:
  Status ReadList(const ProtoField& field, const Place& place) {
    std::string_view list;
    RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", list));
    return ReadProtoMessage(list, place, [&](const ProtoField& member) -> Status {
      std::string_view example;
      if (member.number == 1) {
        const Place examples("examples", &place);
        RETURN_IF_ERROR(ReadProtoBytes(member, Place(examples_.examples.size(), &examples), "a message", example));
        examples_.examples.push_back(example);
      } else if (member.number == 2 && kind_ == kExampleListWithContext) {
        RETURN_IF_ERROR(ReadProtoBytes(member, Place("context", &place), "a message", example));
        examples_.context.push_back(example);
      }
      return {};
    });
  }

  int kind_ = 0;
  Examples examples_;
};

// A task as it is sent; `kind`: of what, where the message does not say.
struct SentTask {
  std::optional<ModelSpec> spec;
  std::string method_name;
};

Result<SentTask> ReadTask(const ProtoField& field, const Place& place) {
  SentTask task;
  std::string_view message;
  RETURN_IF_ERROR(ReadProtoBytes(field, place, "a message", message));
  RETURN_IF_ERROR(ReadProtoMessage(message, place, [&](const ProtoField& member) -> Status {
    if (member.number == 2) return ReadProto(member, Place("method_name", &place), task.method_name);
    if (member.number != 1) return {};
    if (!task.spec) task.spec.emplace();
    return ReadModelSpec(member, Place("model_spec", &place), *task.spec);
  }));
  return task;
}

Result<InferenceTask> Checked(SentTask sent) {
  RETURN_IF_ERROR(CheckModelSpec(sent.spec));
  for (const ResultKind kind : {ResultKind::kClassify, ResultKind::kRegress}) {
    if (sent.method_name == MethodName(kind)) return InferenceTask{.spec = *std::move(sent.spec), .kind = kind};
  }
  return Unsupported("Unsupported signature method_name: " + sent.method_name);
}

std::string_view SignatureOf(const InferenceTask& task) {
  return task.spec.signature_name.empty() ? kDefaultSignature : std::string_view(task.spec.signature_name);
}

// That one version can answer them all.
Status CheckTasks(const std::vector<InferenceTask>& tasks) {
  if (tasks.empty()) return InvalidArgument("Inference request must have at least one task");
  for (size_t i = 1; i < tasks.size(); ++i) {
    const ModelSpec& first = tasks.front().spec;
    if (tasks[i].spec.name != first.name || tasks[i].spec.version != first.version) {
      return InvalidArgument("All ModelSpecs in a MultiInferenceRequest must access the same model name: expected " +
                             Quoted(first.name) + " and its version, found " + Quoted(tasks[i].spec.name));
    }
    const auto same = [&](const InferenceTask& other) { return SignatureOf(other) == SignatureOf(tasks[i]); };
    if (std::any_of(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(i), same)) {
      return InvalidArgument("Duplicate evaluation of signature: " + std::string(SignatureOf(tasks[i])));
    }
  }
  return {};
}

Result<InferenceRequest> Finished(InferenceRequest request, InputReader& input) {
  request.examples = input.Take();
  if (request.examples.examples.empty()) return InvalidArgument("Input is empty.");
  return request;
}

template <typename Sink>
void WriteClassification(Sink& sink, int number, const Results& results) {
  std::string storage;
  sink.Message(number, [&](auto& result) {
    for (const std::vector<ScoredClass>& classes : results.classifications) {
      result.Message(1, [&](auto& classifications) {
        for (const ScoredClass& scored : classes) {
          classifications.Message(1, [&](auto& one) {
            if (!scored.label.empty()) one.Bytes(1, kserve::Utf8OrReplaced(scored.label, storage));
            if (scored.score != 0) one.Fixed32(2, std::bit_cast<uint32_t>(scored.score));
          });
        }
      });
    }
  });
}

template <typename Sink>
void WriteRegression(Sink& sink, int number, const Results& results) {
  sink.Message(number, [&](auto& result) {
    for (const float value : results.regressions) {
      result.Message(1, [&](auto& regression) {
        if (value != 0) regression.Fixed32(1, std::bit_cast<uint32_t>(value));
      });
    }
  });
}

template <typename Sink>
void WriteResults(Sink& sink, int classify_number, int regress_number, const Results& results) {
  if (results.kind == ResultKind::kClassify) return WriteClassification(sink, classify_number, results);
  WriteRegression(sink, regress_number, results);
}

}  // namespace

Result<InferenceRequest> DecodeInferenceRequest(std::span<const std::byte> bytes, ResultKind kind) {
  const Place place(kind == ResultKind::kClassify ? "ClassificationRequest" : "RegressionRequest", nullptr);
  std::optional<ModelSpec> spec;
  InputReader input;
  RETURN_IF_ERROR(ReadProtoMessage(bytes, place, [&](const ProtoField& field) -> Status {
    if (field.number == 2) return input.Read(field, Place("input", nullptr));
    if (field.number != 1) return {};
    if (!spec) spec.emplace();
    return ReadModelSpec(field, Place("model_spec", nullptr), *spec);
  }));
  RETURN_IF_ERROR(CheckModelSpec(spec));
  InferenceRequest request;
  request.tasks.push_back({.spec = *std::move(spec), .kind = kind});
  return Finished(std::move(request), input);
}

Result<InferenceRequest> DecodeMultiInferenceRequest(std::span<const std::byte> bytes) {
  constexpr size_t kMostTasks = 64;
  InferenceRequest request;
  InputReader input;
  RETURN_IF_ERROR(
      ReadProtoMessage(bytes, Place("MultiInferenceRequest", nullptr), [&](const ProtoField& field) -> Status {
        if (field.number == 2) return input.Read(field, Place("input", nullptr));
        if (field.number != 1) return {};
        const Place tasks("tasks", nullptr);
        if (request.tasks.size() == kMostTasks) {
          return tasks.Wrong("at most " + std::to_string(kMostTasks) + " tasks", "more");
        }
        ASSIGN_OR_RETURN(SentTask sent, ReadTask(field, Place(request.tasks.size(), &tasks)));
        ASSIGN_OR_RETURN(InferenceTask task, Checked(std::move(sent)));
        request.tasks.push_back(std::move(task));
        return {};
      }));
  RETURN_IF_ERROR(CheckTasks(request.tasks));
  return Finished(std::move(request), input);
}

std::string EncodeInferenceResponse(const ModelId& model, const InferenceAnswer& answer) {
  std::string message;
  std::string storage;
  ProtoWriter writer(message);
  WriteResults(writer, 1, 1, answer.results);
  WriteModelSpec(writer, 2, kserve::Utf8OrReplaced(model.name, storage), model.version, answer.signature_name);
  return message;
}

std::string EncodeMultiInferenceResponse(const ModelId& model, std::span<const InferenceAnswer> answers) {
  std::string message;
  std::string storage;
  const std::string_view name = kserve::Utf8OrReplaced(model.name, storage);
  ProtoWriter writer(message);
  for (const InferenceAnswer& answer : answers) {
    writer.Message(1, [&](auto& result) {
      WriteModelSpec(result, 1, name, model.version, answer.signature_name);
      WriteResults(result, 2, 3, answer.results);
    });
  }
  return message;
}

}  // namespace trireme::tfserving
