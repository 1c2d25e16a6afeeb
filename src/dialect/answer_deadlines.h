// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "model/reply.h"

namespace trireme {

// Answers requests at their deadline whatever becomes of them: a run of a model cannot be interrupted, and those who
// wait behind one that does not end are looked at when it has. For dialects that promise an answer by a time of their
// own; the deadline of a gRPC call is kept by its connection.
//
// Each is answered once, by its model or by this, whoever is first. What its model says later goes nowhere; the run
// keeps its instance until then. Costs a lock and a place in a list at a request's beginning and end; the thread is
// started with the first. Thread-safe; outlives the requests.
class AnswerDeadlines {
 public:
  AnswerDeadlines() = default;
  ~AnswerDeadlines();
  AnswerDeadlines(const AnswerDeadlines&) = delete;
  AnswerDeadlines& operator=(const AnswerDeadlines&) = delete;

  // What is to stand in for `sink`, which is told kDeadlineExceeded, on the thread of this, if it has been told nothing
  // when `deadline` passes. Whose first response has come is not watched any longer. Without a deadline, or where the
  // system gives no thread, it is `sink` itself.
  std::unique_ptr<ReplySink> Watch(std::unique_ptr<ReplySink> sink, TimePoint deadline);

 private:
  class WatchedSink;
  using Key = std::pair<TimePoint, uint64_t>;  // the number tells those of one deadline apart

  // The sink of a request that nobody has answered, for whoever asks first; else null.
  std::unique_ptr<ReplySink> Claim(const Key& key);
  bool EnsureThread() REQUIRES(mutex_);
  void Work();
  std::unique_ptr<ReplySink> WaitForLate();  // null: it closes

  Mutex mutex_;
  CondVar changed_;
  std::map<Key, std::unique_ptr<ReplySink>> waiting_ GUARDED_BY(mutex_);
  uint64_t last_ GUARDED_BY(mutex_) = 0;
  TimePoint looks_at_ GUARDED_BY(mutex_) = kNever;  // until when the thread sleeps
  bool closing_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace trireme
