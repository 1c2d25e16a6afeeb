// SPDX-License-Identifier: Apache-2.0
#include "engine/cached_answer.h"

#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "cache/request_key.h"
#include "cache/response_cache.h"

namespace trireme {
namespace {

TimePoint Now() {
  return Clock::System().Now();
}

// Keeps a copy of the one answer that passes through. It does not hold the model, so one that is replaced waits for no
// answer.
class KeepingSink final : public ReplySink {
 public:
  KeepingSink(const ServedModel& model, const Hash128& key, Reply reply)
      : cache_(model.cache), metrics_(model.metrics), key_(key), reply_(std::move(reply)) {}

  void Respond(InferResponse response) override {
    several_ = true;
    reply_.Send(std::move(response));
  }

  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    if (!outcome.response) return reply_.Finish(std::move(outcome.status), outcome.stages);
    if (!several_) TryToKeep(*outcome.response);
    reply_.Finish(*std::move(outcome.response));
  }

 private:
  void TryToKeep(const InferResponse& response) {
    const TimePoint begin = Now();
    const std::optional<size_t> bytes = BytesToKeep(response);
    if (!bytes || !cache_->Fits(*bytes)) return;
    try {
      cache_->Put(key_, Keep(response), *bytes);
    } catch (const std::bad_alloc&) {
      return;  // the answer itself is there
    }
    metrics_->RecordKept(Now() - begin);
  }

  // Both shared with the model, which may be gone by then.
  const std::shared_ptr<ResponseCache::Share> cache_;
  const std::shared_ptr<ModelMetrics> metrics_;
  const Hash128 key_;
  Reply reply_;
  bool several_ = false;
};

}  // namespace

bool AnswerFromCache(const ServedModel& model, InferRequest& request) {
  const TimePoint begin = Now();
  const std::optional<Hash128> key = KeyOf(request, model.cache->hash());
  if (!key) return false;
  const std::shared_ptr<const KeptAnswer> kept = model.cache->Find(*key);
  const TimePoint end = Now();
  if (kept == nullptr) {
    model.metrics->RecordCacheMiss(end - begin);
    request.reply = Reply(std::make_unique<KeepingSink>(model, *key, std::move(request.reply)));
    return false;
  }
  InferResponse response = kept->Response();
  request.stages.answered = end;
  response.stages = request.stages;
  model.metrics->RecordCacheHit(end - begin, request.stages);
  request.reply.Finish(std::move(response));
  return true;
}

}  // namespace trireme
