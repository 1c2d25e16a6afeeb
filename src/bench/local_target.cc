// SPDX-License-Identifier: Apache-2.0
#include "bench/local_target.h"

#include <unistd.h>

#include <optional>
#include <string>
#include <utility>

#include "base/cpu_count.h"
#include "bench/input_file.h"
#include "bench/local_load.h"
#include "bench/report_text.h"
#include "bench/workload.h"

namespace trireme::bench {
namespace {

// What a runtime may be given: it believes types and shapes.
Status CheckInput(const TensorSpec& spec, const Tensor& tensor) {
  const auto wrong = [&](const std::string& expected, const std::string& found) {
    return InvalidArgument("input \"" + spec.name + "\": expected " + expected + ", found " + found);
  };
  if (tensor.type != spec.type) return wrong(std::string(Name(spec.type)), std::string(Name(tensor.type)));
  if (!spec.shape.Accepts(tensor.shape)) return wrong("shape " + spec.shape.ToString(), tensor.shape.ToString());
  const std::optional<size_t> bytes = ByteSize(tensor.type, tensor.shape);
  if (bytes && *bytes != tensor.data.size()) {
    return wrong(std::to_string(*bytes) + " bytes", std::to_string(tensor.data.size()));
  }
  return {};
}

// In the order of the signature, with nothing in the place of an optional input that is not there.
Result<std::vector<Tensor>> InOrder(const Signature& signature, std::vector<NamedTensor> named) {
  std::vector<Tensor> tensors(signature.inputs.size());
  std::vector<bool> given(signature.inputs.size());
  for (NamedTensor& input : named) {
    const int found = FindSpec(signature.inputs, input.name);
    if (found < 0) return InvalidArgument("the model has no input \"" + input.name + "\"");
    const auto place = static_cast<size_t>(found);
    RETURN_IF_ERROR(CheckInput(signature.inputs[place], input.tensor));
    given[place] = true;
    tensors[place] = std::move(input.tensor);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    if (!given[i] && !spec.optional) return InvalidArgument("missing input \"" + spec.name + "\"");
    if (!given[i]) tensors[i].type = spec.type;
  }
  return tensors;
}

std::string Describe(const Signature& signature, const std::vector<Tensor>& tensors) {
  std::string text;
  for (size_t i = 0; i < tensors.size(); ++i) {
    text += (text.empty() ? "" : ", ") + signature.inputs[i].name + " " + std::string(Name(tensors[i].type)) +
            tensors[i].shape.ToString();
  }
  return text;
}

std::string Count(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

Result<std::unique_ptr<LocalTarget>> LocalTarget::Open(const LocalModelOptions& options, const BenchOptions& ask,
                                                       const OpenLocalModel& open) {
  std::unique_ptr<LocalTarget> target(new LocalTarget);
  ASSIGN_OR_RETURN(target->model_, open(options));
  target->callers_ = options.callers > 0 ? options.callers : AvailableCpus();
  RETURN_IF_ERROR(target->MakeRequests(ask));
  target->facts_ = {.model = Visible(target->model_->name()),
                    .inputs = Visible(Describe(target->model_->signature(), target->requests_[0])),
                    .server = target->model_->runtime() + " in this process, " + Count(target->callers_, "caller") +
                              " x " + Count(options.threads, "thread"),
                    .pid = getpid()};
  return target;
}

Status LocalTarget::MakeRequests(const BenchOptions& ask) {
  ASSIGN_OR_RETURN(const std::vector<InputFile> files, ReadInputFiles(ask.input_files));
  std::vector<kserve::InferRequestMessage> messages;
  for (const InputFile& file : files) {
    ASSIGN_OR_RETURN(auto message, ReadRequest(file, pool_));
    if (!message.shared_inputs.empty()) {
      return InvalidArgument("--input \"" + file.path + "\": inputs in shared memory are for servers");
    }
    messages.push_back(std::move(message));
  }
  if (files.empty()) {
    ASSIGN_OR_RETURN(auto message, RandomRequest(model_->signature(), ask, pool_));
    messages.push_back(std::move(message));
  }
  for (kserve::InferRequestMessage& message : messages) {
    ASSIGN_OR_RETURN(std::vector<Tensor> tensors, InOrder(model_->signature(), std::move(message.inputs)));
    requests_.push_back(std::move(tensors));
  }
  // What is wrong with a request is found out here, and not by every caller.
  for (const std::vector<Tensor>& request : requests_) RETURN_IF_ERROR(model_->Run(request));
  return {};
}

Result<LoadResult> LocalTarget::Run(LoadPlan plan) {
  plan.server_pid = facts_.pid;
  return RunLocalLoad(plan, callers_,
                      [this](uint64_t turn) { return model_->Run(requests_[turn % requests_.size()]); });
}

}  // namespace trireme::bench
