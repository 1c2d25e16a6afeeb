// SPDX-License-Identifier: Apache-2.0
#include "scheduler/batch_queue.h"

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

// How far behind the oldest a batch looks for company. Bounds the work that is done under the line's lock.
constexpr size_t kLookAhead = 64;

bool IsExpired(const InferRequest& request, TimePoint now) {
  return request.deadline <= now || request.cancellation.cancelled();
}

bool SameButRows(const Tensor& a, const Tensor& b) {
  if (a.type != b.type || a.shape.rank() != b.shape.rank()) return false;
  return a.shape.rank() == 0 || std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
}

}  // namespace

bool CanShareRun(const InferRequest& a, const InferRequest& b) {
  return a.inputs.size() == b.inputs.size() &&
         std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(),
                    [](const NamedTensor& x, const NamedTensor& y) { return SameButRows(x.tensor, y.tensor); });
}

bool BatchQueue::HasRoomFor(size_t bytes) const {
  if (waiting_.size() >= rules_.max_waiting_requests) return false;
  // One that is larger than the whole bound still runs when nothing else waits.
  return waiting_.empty() || (bytes_ <= rules_.max_waiting_bytes && bytes <= rules_.max_waiting_bytes - bytes_);
}

void BatchQueue::Push(RequestPtr request) {
  bytes_ += request->bytes;
  waiting_.push_back(std::move(request));
}

Taken BatchQueue::TakeIfDue(TimePoint now, bool flush) {
  Taken taken{.batch = {}, .expired = TakeExpired(now)};
  if (waiting_.empty()) return taken;

  int64_t rows = 0;
  const std::vector<size_t> picked = PickBatch(rows);
  if (rows < rules_.max_rows && now < NextDue() && !flush) return taken;

  taken.batch.reserve(picked.size());
  for (const size_t i : picked) {
    bytes_ -= waiting_[i]->bytes;
    taken.batch.push_back(std::move(waiting_[i]));
  }
  // What was moved out is null. Nearly always it is the front of the line.
  while (!waiting_.empty() && waiting_.front() == nullptr) waiting_.pop_front();
  if (picked.back() >= picked.size()) std::erase(waiting_, nullptr);
  return taken;
}

TimePoint BatchQueue::NextDue() const {
  // Oldest first: the line is in order of arrival, so the front decides.
  return waiting_.empty() ? kNever : waiting_.front()->stages.queued + rules_.max_delay;
}

std::vector<RequestPtr> BatchQueue::TakeExpired(TimePoint now) {
  std::vector<RequestPtr> expired;
  for (RequestPtr& request : waiting_) {
    if (!IsExpired(*request, now)) continue;
    bytes_ -= request->bytes;
    expired.push_back(std::move(request));
  }
  if (!expired.empty()) std::erase(waiting_, nullptr);
  return expired;
}

std::vector<size_t> BatchQueue::PickBatch(int64_t& rows) const {
  const InferRequest& oldest = *waiting_.front();
  std::vector<size_t> picked = {0};
  rows = oldest.rows;
  const size_t end = std::min(waiting_.size(), kLookAhead);
  for (size_t i = 1; i < end && rows < rules_.max_rows; ++i) {
    const InferRequest& next = *waiting_[i];
    if (next.rows > rules_.max_rows - rows || !CanShareRun(oldest, next)) continue;
    picked.push_back(i);
    rows += next.rows;
  }
  return picked;
}

}  // namespace trireme
