// SPDX-License-Identifier: Apache-2.0
#include "predict/scorer.h"

#include <limits>
#include <utility>

#include "tensor/rows.h"

namespace trireme::predict {
namespace {

constexpr uint64_t kAlone = std::numeric_limits<uint64_t>::max();
// How often a request is sent again that was refused for lack of room, each time with nothing else before it.
constexpr int kMostAttempts = 8;

std::string PlaceOf(const Block& block, int64_t row) {
  const auto at = static_cast<size_t>(row);
  if (at < block.places.size()) return block.places[at];
  const int64_t number = at < block.numbers.size() ? block.numbers[at] : block.first_row + row;
  return "row " + std::to_string(number + 1);
}

// Where a block lies, for a problem that is one of all its rows.
std::string PlaceOf(const Block& block) {
  if (block.rows_read == 1) return PlaceOf(block, 0);
  return "rows " + std::to_string(block.first_row + 1) + " to " + std::to_string(block.end());
}

// The answers to single rows as that to all of them.
std::vector<NamedTensor> Joined(const std::vector<std::vector<NamedTensor>>& answers) {
  if (answers.size() == 1) return answers[0];
  std::vector<NamedTensor> joined;
  MemoryPool pool;
  for (size_t i = 0; !answers.empty() && i < answers[0].size(); ++i) {
    std::vector<const Tensor*> parts;
    for (const std::vector<NamedTensor>& answer : answers) parts.push_back(&answer[i].tensor);
    joined.push_back({answers[0][i].name, JoinRows(parts, pool)});
  }
  return joined;
}

}  // namespace

// Brings an answer back; on whatever thread has it.
class Scorer::Sink final : public ReplySink {
 public:
  Sink(Scorer& scorer, uint64_t index) : scorer_(scorer), index_(index) {}

  void Respond(InferResponse) override {}
  void End(std::unique_ptr<ReplySink>, Outcome outcome) override { scorer_.Answered(index_, std::move(outcome)); }

 private:
  Scorer& scorer_;
  const uint64_t index_;
};

Scorer::~Scorer() {
  MutexLock lock(mutex_);
  while (running_ > 0) moved_.Wait(mutex_);
}

void Scorer::Send(uint64_t index, std::vector<NamedTensor> inputs) {
  auto request = std::make_unique<InferRequest>();
  request->model = options_.model;
  request->protocol = "predict";
  request->inputs = std::move(inputs);
  for (const std::string& name : options_.outputs) {
    RequestedOutput output;
    output.name = name;
    request->outputs.push_back(std::move(output));
  }
  request->reply = Reply(std::make_unique<Sink>(*this, index));
  {
    MutexLock lock(mutex_);
    ++running_;
  }
  engine_.Infer(std::move(request));
}

void Scorer::Answered(uint64_t index, Outcome outcome) {
  MutexLock lock(mutex_);
  if (index == kAlone) {
    alone_ = std::move(outcome);
  } else {
    slots_[index].outcome = std::move(outcome);
  }
  --running_;
  moved_.NotifyAll();
}

bool Scorer::Add(Block block) {
  uint64_t index = 0;
  std::vector<NamedTensor> inputs = block.inputs;  // the elements are shared
  const bool is_empty = block.rows == 0;
  {
    MutexLock lock(mutex_);
    while (next_added_ - next_taken_ >= options_.most_under_way && !stopped_) moved_.Wait(mutex_);
    if (stopped_) return false;
    index = next_added_++;
    Slot& slot = slots_[index];
    slot.block = std::move(block);
    if (is_empty) slot.outcome.emplace();
    if (is_empty) moved_.NotifyAll();
  }
  if (!is_empty) Send(index, std::move(inputs));
  return true;
}

void Scorer::AddNoMore() {
  MutexLock lock(mutex_);
  added_all_ = true;
  moved_.NotifyAll();
}

void Scorer::TakeNoMore() {
  MutexLock lock(mutex_);
  stopped_ = true;
  moved_.NotifyAll();
}

Result<std::optional<ScoredBlock>> Scorer::Take() {
  Slot slot;
  {
    MutexLock lock(mutex_);
    while (true) {
      if (next_taken_ == next_added_ && added_all_) return std::optional<ScoredBlock>();
      const auto found = slots_.find(next_taken_);
      if (found != slots_.end() && found->second.outcome) {
        slot = std::move(found->second);
        slots_.erase(found);
        break;
      }
      moved_.Wait(mutex_);
    }
  }
  Result<ScoredBlock> scored = Settle(*std::move(slot.block), *std::move(slot.outcome));
  {
    MutexLock lock(mutex_);
    ++next_taken_;
    moved_.NotifyAll();
  }
  if (!scored.ok()) return std::move(scored).status();
  return std::optional(*std::move(scored));
}

// One request, until it is answered.
Outcome Scorer::SendAlone(std::vector<NamedTensor> inputs) {
  Send(kAlone, std::move(inputs));
  MutexLock lock(mutex_);
  while (!alone_) moved_.Wait(mutex_);
  Outcome outcome = *std::move(alone_);
  alone_.reset();
  return outcome;
}

Result<ScoredBlock> Scorer::Settle(Block block, Outcome outcome) {
  if (block.rows == 0) return ScoredBlock{.block = std::move(block), .outputs = {}};
  // A line that is full for a moment, or a promise that others have used up: nobody waits for this, so it may.
  for (int i = 0; i < kMostAttempts && outcome.status.code() == StatusCode::kOverloaded; ++i) {
    outcome = SendAlone(block.inputs);
  }
  if (outcome.status.ok()) {
    if (!outcome.response) return Internal("the model ended a request without an answer");
    return ScoredBlock{.block = std::move(block), .outputs = std::move(outcome.response->outputs)};
  }
  const bool is_of_rows = outcome.status.code() == StatusCode::kInvalidArgument;
  const bool can_be_taken_apart = options_.has_rows_dimension || block.rows == 1;
  const bool is_known = block.rows == 1 && !options_.skip_bad_rows;
  if (!is_of_rows || !can_be_taken_apart || is_known) return std::move(outcome.status).Within(PlaceOf(block));
  return ScoreRowByRow(std::move(block));
}

// Each row of a block that the model refused, to find those that it does.
Result<ScoredBlock> Scorer::ScoreRowByRow(Block block) {
  const auto rows = static_cast<size_t>(block.rows);
  std::vector<std::vector<NamedTensor>> requests(rows);
  for (const NamedTensor& input : block.inputs) {
    if (rows == 1) {
      requests[0].push_back(input);
      continue;
    }
    ASSIGN_OR_RETURN(std::vector<Tensor> parts, SplitRows(input.tensor, std::vector<int64_t>(rows, 1)));
    for (size_t row = 0; row < rows; ++row) requests[row].push_back({input.name, std::move(parts[row])});
  }
  std::vector<bool> good(rows);
  std::vector<std::vector<NamedTensor>> answers;
  for (size_t row = 0; row < rows; ++row) {
    Outcome outcome = SendAlone(std::move(requests[row]));
    good[row] = outcome.status.ok() && outcome.response;
    if (good[row]) {
      answers.push_back(std::move(outcome.response->outputs));
    } else if (options_.skip_bad_rows && outcome.status.code() == StatusCode::kInvalidArgument) {
      block.bad.push_back({.place = PlaceOf(block, static_cast<int64_t>(row)), .problem = outcome.status.message()});
    } else {
      return std::move(outcome.status).Within(PlaceOf(block, static_cast<int64_t>(row)));
    }
  }
  block.rows = static_cast<int64_t>(answers.size());
  for (ColumnBuffer& kept : block.kept) kept.Filter(good);
  return ScoredBlock{.block = std::move(block), .outputs = Joined(answers)};
}

}  // namespace trireme::predict
