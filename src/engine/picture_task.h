// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/mutex.h"
#include "engine/picture_memory.h"
#include "engine/turn_task.h"
#include "lifecycle/served_model.h"
#include "model/infer_request.h"
#include "transform/picture_bytes.h"

namespace trireme {

// Which of its inputs is pictures; nothing: none.
std::optional<size_t> PictureIn(const ServedModel& model, const InferRequest& request);

// That the pictures of one request may be, looked at in their first bytes.
struct PictureLimits {
  size_t pictures = 65'536;
  uint64_t pixels = uint64_t{1} << 30;      // of all files together: what decoding costs
  size_t tensor_bytes = size_t{512} << 20;  // that they become
  size_t memory_bytes = size_t{2} << 30;    // the tensor, and what one picture takes while it is decoded
  std::string memory_flag = "--max-picture-memory or a quarter of --budget";  // that set it, for messages
};

// A request whose pictures become a tensor for the model, a few a turn.
//
// It does not hold its model: a reload may replace that meanwhile, and waits for nobody here. So the model is looked up
// when the pictures are looked at and again when they are decoded.
class PictureTask final : public TurnTask {
 public:
  // The model that the request is for, as it serves now; null: it does not.
  using Find = std::function<std::shared_ptr<ServedModel>(const InferRequest&)>;
  // The request with a tensor for that model, or why there is none (then the model may be null). Without a model and a
  // reason: it does not serve now, or takes other pictures than it did, and the request is as it came.
  using Done = std::function<void(std::shared_ptr<ServedModel>, std::unique_ptr<InferRequest>, Status)>;

  // `pool` and `memory`, where the tensor counts when it goes on, must outlive it. `done` is called exactly once, by
  // End().
  PictureTask(std::unique_ptr<InferRequest> request, Find find, Done done, const PictureLimits& limits,
              MemoryPool& pool, PictureMemory& memory);
  ~PictureTask() override;

  bool IsWanted(TimePoint now) const override;
  TurnPlan Prepare() override;
  void Do(size_t turn) override;
  void End() override;
  void Refuse(StatusCode why) override { refused_.store(why, std::memory_order_relaxed); }

 private:
  struct Looking;
  Result<TurnPlan> Look();
  Status LookAt(std::string_view element, Looking& looking);
  void PutInTurn(uint64_t pixels, Looking& looking);
  Status CheckAhead(const ServedModel& model, const Shape& shape) const;
  bool IsWanted(size_t row) const;
  Status MakeRow(size_t row);
  std::byte* Place(size_t row);
  void Note(size_t row, Status status);
  Status Outcome(const InferRequest& request);
  std::string Called(size_t row) const;

  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  std::unique_ptr<InferRequest> request_;
  const Find find_;
  const Done done_;
  const PictureLimits limits_;
  MemoryPool& pool_;
  PictureMemory& memory_;

  // Of Prepare(), not changed after it.
  std::shared_ptr<const transform::ModelTransform> transform_;  // shared with the model that was found; null: none was
  size_t input_ = 0;                                            // of the request
  std::vector<transform::PictureBytes> pictures_;
  std::vector<size_t> ends_;  // of each turn's pictures
  Shape shape_;
  size_t row_bytes_ = 0;

  std::atomic<StatusCode> refused_ = StatusCode::kOk;  // alone: it orders nothing
  // The first picture that is wrong. Those behind it are not looked at any more, those before it are, because one of
  // them may be wrong as well, and the first is told.
  std::atomic<size_t> wrong_row_ = kNone;  // as below, to be looked at without the lock
  Mutex mutex_;
  Status wrong_ GUARDED_BY(mutex_);
  Tensor tensor_ GUARDED_BY(mutex_);  // made by the first turn; rows are written without the lock, each by one turn
};

}  // namespace trireme
