// SPDX-License-Identifier: Apache-2.0
#include "engine/answer_sink.h"

#include <algorithm>
#include <utility>

#include "tensor/bytes_elements.h"
#include "transform/model_answer.h"

namespace trireme {
namespace {

const Tensor* FindOutput(const InferResponse& response, const std::string& name) {
  const auto found = std::ranges::find(response.outputs, name, &NamedTensor::name);
  return found == response.outputs.end() ? nullptr : &found->tensor;
}

Tensor ToTensor(const std::vector<std::string>& answers) {
  std::vector<std::byte> elements;
  for (const std::string& answer : answers) AppendBytesElement(elements, answer);
  const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(elements));  // shared with the tensor
  return {.type = DataType::kBytes,
          .shape = {static_cast<int64_t>(answers.size())},
          .data = Buffer::View(owner->data(), owner->size(), owner)};
}

class AnswerSink final : public ReplySink {
 public:
  AnswerSink(std::shared_ptr<const ServedModel> model, std::vector<std::string> wanted, Reply reply,
             ThreadPool& workers)
      : model_(std::move(model)), wanted_(std::move(wanted)), reply_(std::move(reply)), workers_(workers) {}

  void Respond(InferResponse response) override {
    Result<InferResponse> made = Make(std::move(response));
    if (made.ok()) return reply_.Send(*std::move(made));
    failed_ = made.status();
  }

  void End(std::unique_ptr<ReplySink> self, Outcome outcome) override {
    if (!outcome.response || !failed_.ok()) {
      return reply_.Finish(failed_.ok() ? std::move(outcome.status) : failed_, outcome.stages);
    }
    outcome_ = std::move(outcome);
    // A job is copied; the sink is owned by the raw pointer until it runs.
    auto* raw = static_cast<AnswerSink*>(self.get());
    if (workers_.Submit([raw] { std::unique_ptr<AnswerSink>(raw)->Answer(); })) {
      (void)self.release();  // NOLINT(bugprone-unused-return-value): the job has it now
    } else {
      Answer();
    }
  }

 private:
  void Answer() {
    const Stages stages = outcome_.stages;
    Result<InferResponse> made = Make(*std::move(outcome_.response));
    if (made.ok()) return reply_.Finish(*std::move(made));
    reply_.Finish(std::move(made).status(), stages);
  }

  Result<InferResponse> Make(InferResponse response) const {
    const transform::ModelTransform::Answer& answer = *model_->transform->answer;
    std::vector<Tensor> outputs;
    for (const std::string& name : answer.outputs) {
      const Tensor* output = FindOutput(response, name);
      if (output == nullptr) return Internal("the model gave no output '" + name + "'");
      outputs.push_back(*output);
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> answers, transform::AnswersOf(answer, outputs));
    std::vector<NamedTensor> shown;
    for (const std::string& name : wanted_) {
      const Tensor* output = FindOutput(response, name);
      shown.push_back({.name = name, .tensor = output != nullptr ? *output : ToTensor(answers)});
    }
    response.outputs = std::move(shown);
    return response;
  }

  const std::shared_ptr<const ServedModel> model_;  // shared with the table: it may be replaced meanwhile
  const std::vector<std::string> wanted_;
  Reply reply_;
  ThreadPool& workers_;
  Outcome outcome_;
  Status failed_;
};

}  // namespace

Reply AnswerFor(std::shared_ptr<const ServedModel> model, std::vector<std::string> wanted, Reply reply,
                ThreadPool& workers) {
  return Reply(std::make_unique<AnswerSink>(std::move(model), std::move(wanted), std::move(reply), workers));
}

}  // namespace trireme
