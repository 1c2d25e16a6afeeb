// SPDX-License-Identifier: Apache-2.0
#include "engine/transform_stage.h"

#include <utility>
#include <vector>

#include "engine/answer_sink.h"
#include "engine/requested_answer.h"

namespace trireme {
namespace {

PictureLimits Limits(const TransformStage::Options& options) {
  PictureLimits limits = options.pictures;
  limits.memory_bytes = options.max_bytes;
  return limits;
}

TurnPool::Options Workers(const TransformStage::Options& options, const PictureMemory& memory) {
  // As much for each worker as one request may bring: some minutes of work.
  const auto threads = static_cast<uint64_t>(options.threads);
  return {.name = "transform",
          .threads = options.threads,
          .line = {.max_tasks = options.max_waiting,
                   .max_bytes = options.max_bytes,
                   .bytes_elsewhere = [&memory] { return memory.bytes(); },
                   .max_effort = options.pictures.pixels * (threads + 1)}};
}

}  // namespace

TransformStage::TransformStage(const Options& options, MemoryPool& pool)
    : limits_(Limits(options)), pool_(pool), workers_(Workers(options, memory_)) {}

bool TransformStage::Concerns(const ServedModel& model, const InferRequest& request) {
  if (model.transform == nullptr) return false;
  return PictureIn(model, request) || WantsAnswer(model, request, /*has_pictures=*/false);
}

void TransformStage::Start(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request, Find find,
                           Done done) {
  if (!PictureIn(*model, *request)) {
    Status ready = workers_.full() ? Overloaded("too many answers wait to be made; try again later")
                                   : WrapReply(*model, *request, /*has_pictures=*/false);
    return done(std::move(model), std::move(request), std::move(ready));
  }
  model.reset();
  std::unique_ptr<TurnTask> refused = workers_.Submit(std::make_unique<PictureTask>(
      std::move(request), std::move(find), AndWrapReply(std::move(done)), limits_, pool_, memory_));
  if (refused == nullptr) return;
  refused->Refuse(StatusCode::kOverloaded);
  refused->End();
}

// Once the pictures are decoded: the reply is that of the model as it is by then.
PictureTask::Done TransformStage::AndWrapReply(Done done) {
  return [this, done = std::move(done)](std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request,
                                        Status status) {
    if (status.ok() && model != nullptr) status = WrapReply(*model, *request, /*has_pictures=*/true);
    done(std::move(model), std::move(request), std::move(status));
  };
}

Status TransformStage::WrapReply(const ServedModel& model, InferRequest& request, bool has_pictures) {
  if (!WantsAnswer(model, request, has_pictures)) return {};
  ASSIGN_OR_RETURN(std::vector<RequestedOutput> asked, OutputsToAsk(model, request, has_pictures));
  request.reply = AnswerFor(model.transform, OutputsToGive(model, request), std::move(request.reply), workers_);
  request.outputs = std::move(asked);
  return {};
}

}  // namespace trireme
