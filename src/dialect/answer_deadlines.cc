// SPDX-License-Identifier: Apache-2.0
#include "dialect/answer_deadlines.h"

#include <new>
#include <optional>
#include <system_error>

#include "base/status.h"
#include "base/thread_pool.h"

namespace trireme {

// Stands where the request's own sink would; it has that from the first thing on that the model says.
class AnswerDeadlines::WatchedSink final : public ReplySink {
 public:
  explicit WatchedSink(AnswerDeadlines& deadlines) : deadlines_(deadlines) {}

  void WaitAs(const Key& key) { key_ = key; }

  void Respond(InferResponse response) override {
    Claim();
    if (sink_ != nullptr) sink_->Respond(std::move(response));
  }

  void End(std::unique_ptr<ReplySink> /*self*/, Outcome outcome) override {
    Claim();
    if (sink_ == nullptr) return;
    ReplySink& sink = *sink_;
    sink.End(std::move(sink_), std::move(outcome));
  }

 private:
  void Claim() {
    if (sink_ == nullptr) sink_ = deadlines_.Claim(key_);
  }

  AnswerDeadlines& deadlines_;
  Key key_;
  std::unique_ptr<ReplySink> sink_;
};

AnswerDeadlines::~AnswerDeadlines() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    closing_ = true;
    thread = std::move(thread_);
  }
  changed_.NotifyAll();
  if (thread.joinable()) thread.join();
}

std::unique_ptr<ReplySink> AnswerDeadlines::Watch(std::unique_ptr<ReplySink> sink, TimePoint deadline) {
  if (deadline == kNever) return sink;
  auto watched = std::make_unique<WatchedSink>(*this);
  bool is_next = false;
  {
    const MutexLock lock(mutex_);
    if (!EnsureThread()) return sink;
    const Key key(deadline, ++last_);
    watched->WaitAs(key);
    waiting_.emplace_hint(waiting_.end(), key, std::move(sink));
    is_next = deadline < looks_at_;
  }
  if (is_next) changed_.NotifyOne();
  return watched;
}

std::unique_ptr<ReplySink> AnswerDeadlines::Claim(const Key& key) {
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return nullptr;
  std::unique_ptr<ReplySink> sink = std::move(found->second);
  waiting_.erase(found);
  return sink;
}

bool AnswerDeadlines::EnsureThread() {
  if (thread_.joinable()) return true;
  try {
    thread_ = std::thread([this] { Work(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void AnswerDeadlines::Work() {
  NameThisThread("deadlines");
  while (std::unique_ptr<ReplySink> sink = WaitForLate()) {
    ReplySink& late = *sink;
    try {
      Status status = DeadlineExceeded("the request's time ran out before its model had answered");
      late.End(std::move(sink), {.status = std::move(status), .response = std::nullopt, .stages = {}});
    } catch (const std::bad_alloc&) {
      // The sink, which goes now, owes an answer in its turn.
    }
  }
}

std::unique_ptr<ReplySink> AnswerDeadlines::WaitForLate() {
  const MutexLock lock(mutex_);
  while (!closing_) {
    const auto first = waiting_.begin();
    if (first != waiting_.end() && first->first.first <= Clock::System().Now()) {
      std::unique_ptr<ReplySink> sink = std::move(first->second);
      waiting_.erase(first);
      return sink;
    }
    looks_at_ = first == waiting_.end() ? kNever : first->first.first;
    if (looks_at_ == kNever) {
      changed_.Wait(mutex_);
    } else {
      changed_.WaitUntil(mutex_, looks_at_);
    }
  }
  return nullptr;
}

}  // namespace trireme
