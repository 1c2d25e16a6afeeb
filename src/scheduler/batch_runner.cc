// SPDX-License-Identifier: Apache-2.0
#include "scheduler/batch_runner.h"

#include <algorithm>
#include <utility>

#include "scheduler/answer_stream.h"
#include "scheduler/client_output.h"
#include "tensor/rows.h"

namespace trireme {
namespace {

// Which outputs the model has to make, and where each request finds its own among them.
class WantedOutputs {
 public:
  explicit WantedOutputs(const std::vector<RequestPtr>& batch) {
    for (const RequestPtr& request : batch) {
      for (const RequestedOutput& output : request->outputs) {
        if (PositionOf(output.index) == indexes_.size()) indexes_.push_back(output.index);
      }
    }
  }

  const std::vector<int>& indexes() const { return indexes_; }
  size_t PositionOf(int index) const {
    return static_cast<size_t>(std::find(indexes_.begin(), indexes_.end(), index) - indexes_.begin());
  }

 private:
  std::vector<int> indexes_;
};

// What a run of one request is given; takes its inputs.
struct RunArguments {
  explicit RunArguments(InferRequest& request) {
    inputs.reserve(request.inputs.size());
    for (NamedTensor& input : request.inputs) inputs.push_back(std::move(input.tensor));
    wanted.reserve(request.outputs.size());
    bool has_destination = false;
    for (const RequestedOutput& output : request.outputs) {
      wanted.push_back(output.index);
      has_destination = has_destination || !output.destination.empty();
    }
    if (!has_destination) return;
    for (const RequestedOutput& output : request.outputs) destinations.push_back(output.destination);
  }

  std::vector<Tensor> inputs;
  std::vector<int> wanted;
  std::vector<Buffer> destinations;  // none, or one a wanted output
};

void MarkTaken(const std::vector<RequestPtr>& batch, TimePoint now, int64_t rows, int threads) {
  for (const RequestPtr& request : batch) {
    request->stages.taken = now;
    request->stages.batch_rows = rows;
    request->stages.threads = threads;
  }
}

void MarkRun(const std::vector<RequestPtr>& batch, TimePoint begin, TimePoint end) {
  for (const RequestPtr& request : batch) {
    request->stages.run_begin = begin;
    request->stages.run_end = end;
  }
}

Status WhyExpired(Expired::Why why, const ModelId& id, const Stages& stages) {
  const bool was_loaded = stages.awaited != TimePoint();
  const std::string line = (was_loaded ? "for the load and in the line of '" : "in the line of '") + id.name + "'";
  switch (why) {
    case Expired::Why::kCancelled:
      return Cancelled("the client went away while the request waited");
    case Expired::Why::kDeadline:
      return DeadlineExceeded("the request's time ran out while it waited " + line);
    case Expired::Why::kTooLate:
      return DeadlineExceeded("the request's time is as good as out after it waited " + line +
                              ": no run would be done in time");
    case Expired::Why::kGoal:
      return Overloaded("the request waited " + line +
                        " for so long that its answer would miss the model's goal, and " +
                        "others wait; try again later");
    case Expired::Why::kQueueTimeout:
      break;
  }
  return DeadlineExceeded("the request's time ran out: it waited " + line + " for as long as its queue policy allows");
}

int64_t RowsOf(const std::vector<RequestPtr>& batch) {
  int64_t rows = 0;
  for (const RequestPtr& request : batch) rows += request->rows;
  return rows;
}

}  // namespace

std::optional<Duration> BatchRunner::Run(OpenModel& model, std::vector<RequestPtr> batch, int threads) {
  MarkTaken(batch, clock_.Now(), RowsOf(batch), threads);
  if (decoupled_) return RunOneByOne(model, std::move(batch));
  if (batch.size() == 1) return RunAlone(model, std::move(batch.front()));
  if (const std::optional<Duration> took = RunTogether(model, batch)) return took;
  return RunOneByOne(model, std::move(batch));
}

std::optional<Duration> BatchRunner::RunOneByOne(OpenModel& model, std::vector<RequestPtr> batch) {
  std::optional<Duration> took = Duration(0);
  for (RequestPtr& request : batch) {
    // It has waited until now for its own run.
    request->stages.taken = clock_.Now();
    request->stages.batch_rows = request->rows;
    const std::optional<Duration> own =
        decoupled_ ? RunForResponses(model, std::move(request)) : RunAlone(model, std::move(request));
    took = took && own ? std::optional(*took + *own) : std::nullopt;
  }
  return took;
}

void BatchRunner::AnswerExpired(std::vector<Expired> expired) {
  for (Expired& one : expired) {
    if (one.why == Expired::Why::kGoal || one.why == Expired::Why::kTooLate) metrics_.CountPredictedLate();
    Status why = WhyExpired(one.why, id_, one.request->stages);
    Refuse(std::move(one.request), std::move(why));
  }
}

void BatchRunner::Refuse(RequestPtr request, Status why) {
  request->stages.answered = clock_.Now();
  metrics_.Record(why.code(), request->stages);
  request->reply.Finish(std::move(why), request->stages);
}

std::optional<Duration> BatchRunner::RunAlone(OpenModel& model, RequestPtr request) {
  RunArguments arguments(*request);
  request->stages.run_begin = clock_.Now();
  Result<std::vector<Tensor>> outputs = model.Run(arguments.inputs, arguments.wanted, arguments.destinations);
  request->stages.run_end = clock_.Now();
  std::optional<Duration> took;
  if (outputs.ok()) {
    took = request->stages.run_end - request->stages.run_begin;
    NoteShapes(arguments.inputs);
  }

  Answer answer = outputs.ok() ? Prepare(std::move(request), *std::move(outputs))
                               : Answer{.request = std::move(request), .status = std::move(outputs).status()};
  Finish({&answer, 1});
  return took;
}

std::optional<Duration> BatchRunner::RunForResponses(OpenModel& model, RequestPtr request) {
  RunArguments arguments(*request);
  request->stages.run_begin = clock_.Now();
  AnswerStream stream(*request, id_, signature_, clock_, metrics_);
  Status ran = trireme::RunForResponses(model, arguments.inputs, arguments.wanted, arguments.destinations, stream);
  request->stages.run_end = clock_.Now();
  std::optional<Duration> took;
  if (ran.ok()) {
    took = request->stages.run_end - request->stages.run_begin;
    NoteShapes(arguments.inputs);
  }

  AnswerStream::Ending ending = stream.End(std::move(ran));
  Answer answer{.request = std::move(request), .status = std::move(ending.status), .reason = ending.reason};
  Finish({&answer, 1});
  return took;
}

// Nothing, with every request still unanswered, if the batch as a whole did not work.
std::optional<Duration> BatchRunner::RunTogether(OpenModel& model, std::vector<RequestPtr>& batch) {
  const std::vector<Tensor> inputs = JoinInputs(batch);
  const WantedOutputs wanted(batch);

  const TimePoint begin = clock_.Now();
  Result<std::vector<Tensor>> outputs = model.Run(inputs, wanted.indexes(), {});
  const TimePoint end = clock_.Now();
  MarkRun(batch, begin, end);
  if (!outputs.ok()) return std::nullopt;

  std::vector<int64_t> rows;
  rows.reserve(batch.size());
  for (const RequestPtr& request : batch) rows.push_back(request->rows);
  std::vector<std::vector<Tensor>> parts;  // by output, then by request
  parts.reserve(outputs->size());
  for (const Tensor& output : *outputs) {
    Result<std::vector<Tensor>> split = SplitRows(output, rows);
    if (!split.ok()) return std::nullopt;
    parts.push_back(*std::move(split));
  }
  NoteShapes(inputs);

  std::vector<Answer> answers;
  answers.reserve(batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    std::vector<Tensor> own;
    own.reserve(batch[i]->outputs.size());
    for (const RequestedOutput& output : batch[i]->outputs) own.push_back(parts[wanted.PositionOf(output.index)][i]);
    answers.push_back(Prepare(std::move(batch[i]), std::move(own)));
  }
  Finish(answers);
  return end - begin;
}

std::vector<Tensor> BatchRunner::JoinInputs(const std::vector<RequestPtr>& batch) {
  std::vector<Tensor> joined;
  joined.reserve(signature_.inputs.size());
  std::vector<const Tensor*> parts(batch.size());
  for (size_t i = 0; i < signature_.inputs.size(); ++i) {
    for (size_t j = 0; j < batch.size(); ++j) parts[j] = &batch[j]->inputs[i].tensor;
    // An optional input that was left out has no rows to join; the queue saw to it that it is so in the whole batch.
    const bool left_out = parts.front()->shape.rank() == 0;
    joined.push_back(left_out ? *parts.front() : JoinRows(parts, pool_));
  }
  return joined;
}

BatchRunner::Answer BatchRunner::Prepare(RequestPtr request, std::vector<Tensor> outputs) const {
  Answer answer{.request = std::move(request), .status = {}};
  InferResponse& response = answer.response.emplace();
  response.model = id_;
  response.outputs.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    RequestedOutput& wanted = answer.request->outputs[i];
    answer.status = GiveClientsShape(outputs[i], signature_.outputs[wanted.index]);
    if (!answer.status.ok()) return answer;
    answer.status = Deliver(outputs[i], wanted);
    if (!answer.status.ok()) {
      answer.reason = ModelStatistics::FailureReason::kOther;
      return answer;
    }
    response.outputs.push_back({.name = std::move(wanted.name), .tensor = std::move(outputs[i])});
  }
  return answer;
}

void BatchRunner::NoteShapes(std::span<const Tensor> inputs) {
  if (shapes_ != nullptr) shapes_->Note(inputs);
}

void BatchRunner::Finish(std::span<Answer> answers) {
  const TimePoint now = clock_.Now();
  std::vector<ModelMetrics::Ended> ended;
  ended.reserve(answers.size());
  for (const Answer& answer : answers) {
    answer.request->stages.answered = now;
    ended.push_back({.code = answer.status.code(),
                     .reason = answer.reason,
                     .rows = answer.request->rows,
                     .stages = &answer.request->stages});
  }
  metrics_.RecordRun(ended);

  for (Answer& answer : answers) {
    InferRequest& request = *answer.request;
    if (answer.status.ok() && answer.response) {
      answer.response->stages = request.stages;
      request.reply.Finish(*std::move(answer.response));
    } else {
      request.reply.Finish(std::move(answer.status), request.stages);
    }
    answer.request.reset();
  }
}

}  // namespace trireme
