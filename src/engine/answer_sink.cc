// SPDX-License-Identifier: Apache-2.0
#include "engine/answer_sink.h"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include "tensor/bytes_elements.h"
#include "transform/model_answer.h"

namespace trireme {
namespace {

using transform::ModelTransform;

const Tensor* FindOutput(const InferResponse& response, const std::string& name) {
  const auto found = std::ranges::find(response.outputs, name, &NamedTensor::name);
  return found == response.outputs.end() ? nullptr : &found->tensor;
}

// How much the elements' tensor takes beside their texts is known, so it is not made to grow.
Tensor ToTensor(const std::vector<std::string>& answers) {
  size_t bytes = 0;
  for (const std::string& answer : answers) bytes += answer.size() + sizeof(uint32_t);
  std::vector<std::byte> elements;
  elements.reserve(bytes);
  for (const std::string& answer : answers) AppendBytesElement(elements, answer);
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(elements));  // shared with the tensor
  return {.type = DataType::kBytes,
          .shape = {static_cast<int64_t>(answers.size())},
          .data = Buffer::View(owner->data(), owner->size(), owner)};
}

// What is given for what the model gave.
struct Wish {
  std::shared_ptr<const ModelTransform> transform;  // shared with the model, which may be replaced meanwhile
  std::vector<std::string> wanted;

  const ModelTransform::Answer& answer() const { return *transform->answer; }

  Result<std::vector<Tensor>> SourcesIn(const InferResponse& response) const {
    std::vector<Tensor> sources;
    for (const std::string& name : answer().outputs) {
      const Tensor* output = FindOutput(response, name);
      if (output == nullptr) return Internal("the model gave no output '" + name + "'");
      sources.push_back(*output);
    }
    return sources;
  }

  Result<InferResponse> Make(InferResponse response) const {
    ASSIGN_OR_RETURN(const std::vector<Tensor> sources, SourcesIn(response));
    ASSIGN_OR_RETURN(const std::vector<std::string> answers, transform::AnswersOf(answer(), sources));
    std::vector<NamedTensor> shown;
    for (const std::string& name : wanted) {
      const Tensor* output = FindOutput(response, name);
      shown.push_back({.name = name, .tensor = output != nullptr ? *output : ToTensor(answers)});
    }
    response.outputs = std::move(shown);
    return response;
  }
};

// The last response, on a worker.
class AnswerTask final : public TurnTask {
 public:
  AnswerTask(Wish wish, Reply reply, InferResponse response)
      : wish_(std::move(wish)), reply_(std::move(reply)), stages_(response.stages), made_(std::move(response)) {}

  bool IsWanted(TimePoint /*now*/) const override { return !is_short_.load(std::memory_order_relaxed); }

  TurnPlan Prepare() override {
    Result<size_t> bytes = Size();
    if (bytes.ok()) return {.turns = 1, .held_bytes = *bytes, .turn_bytes = *bytes};
    made_ = std::move(bytes).status();
    return {};
  }

  void Do(size_t /*turn*/) override { made_ = wish_.Make(*std::move(made_)); }

  void End() override {
    Reply reply = std::move(reply_);
    if (is_short_.load(std::memory_order_relaxed)) {
      reply.Finish(OutOfMemory("the system gives no more memory for the answer to this request"), stages_);
    } else if (made_.ok()) {
      reply.Finish(*std::move(made_));
    } else {
      reply.Finish(std::move(made_).status(), stages_);
    }
  }

  void Refuse(StatusCode /*why*/) override { is_short_.store(true, std::memory_order_relaxed); }

 private:
  Result<size_t> Size() const {
    ASSIGN_OR_RETURN(const std::vector<Tensor> sources, wish_.SourcesIn(*made_));
    return transform::AnswerBytes(wish_.answer(), sources);
  }

  const Wish wish_;
  Reply reply_;
  const Stages stages_;
  Result<InferResponse> made_;          // at first what the model gave
  std::atomic<bool> is_short_ = false;  // of memory; a lone flag
};

class AnswerSink final : public ReplySink {
 public:
  AnswerSink(Wish wish, Reply reply, TurnPool& workers)
      : wish_(std::move(wish)), reply_(std::move(reply)), workers_(workers) {}

  void Respond(InferResponse response) override {
    if (!failed_.ok()) return;
    Result<InferResponse> made = wish_.Make(std::move(response));
    if (made.ok()) return reply_.Send(*std::move(made));
    failed_ = std::move(made).status();
  }

  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    if (!failed_.ok()) return reply_.Finish(std::move(failed_), outcome.stages);
    if (!outcome.response) return reply_.Finish(std::move(outcome.status), outcome.stages);
    // Without memory for it the reply is dropped by the exception, which is an answer as well.
    workers_.SubmitFirst(
        std::make_unique<AnswerTask>(std::move(wish_), std::move(reply_), *std::move(outcome.response)));
  }

 private:
  Wish wish_;
  Reply reply_;
  TurnPool& workers_;
  Status failed_;
};

}  // namespace

Reply AnswerFor(std::shared_ptr<const ModelTransform> transform, std::vector<std::string> wanted, Reply reply,
                TurnPool& workers) {
  Wish wish{.transform = std::move(transform), .wanted = std::move(wanted)};
  return Reply(std::make_unique<AnswerSink>(std::move(wish), std::move(reply), workers));
}

}  // namespace trireme
