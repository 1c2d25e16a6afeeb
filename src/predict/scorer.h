// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "engine/engine.h"
#include "predict/block.h"

namespace trireme::predict {

// A block and what the model said of its rows.
struct ScoredBlock {
  Block block;
  std::vector<NamedTensor> outputs;  // none where the block has no rows
};

// Sends blocks to a model as requests, several at a time, and gives them back in the order in which they were sent.
//
// One thread adds and one takes. Every block that was added is given back or answered with the first error.
class Scorer {
 public:
  struct Options {
    std::string model;
    std::vector<std::string> outputs;  // that are wanted; none: what the model gives
    size_t most_under_way = 8;         // blocks that were added and not taken
    bool skip_bad_rows = false;        // a row that the model refuses is taken out; else it is an error
    bool has_rows_dimension = true;    // of inputs and outputs: a request of several rows can be taken apart
  };

  // The engine must outlive it.
  Scorer(Engine& engine, Options options) : engine_(engine), options_(std::move(options)) {}
  ~Scorer();  // waits for what is under way
  Scorer(const Scorer&) = delete;
  Scorer& operator=(const Scorer&) = delete;

  // Waits for room; false: whoever takes has stopped.
  bool Add(Block block);
  void AddNoMore();

  // The next, as soon as it is answered; nothing: there are no more. An error names the row where that is known.
  Result<std::optional<ScoredBlock>> Take();
  void TakeNoMore();

 private:
  struct Slot {
    std::optional<Block> block;
    std::optional<Outcome> outcome;  // nothing: the model has not answered
  };
  class Sink;

  void Send(uint64_t index, std::vector<NamedTensor> inputs);
  void Answered(uint64_t index, Outcome outcome);
  Outcome SendAlone(std::vector<NamedTensor> inputs);
  Result<ScoredBlock> Settle(Block block, Outcome outcome);
  Result<ScoredBlock> ScoreRowByRow(Block block);

  Engine& engine_;
  const Options options_;
  Mutex mutex_;
  CondVar moved_;
  std::map<uint64_t, Slot> slots_ GUARDED_BY(mutex_);
  uint64_t next_added_ GUARDED_BY(mutex_) = 0;
  uint64_t next_taken_ GUARDED_BY(mutex_) = 0;
  size_t running_ GUARDED_BY(mutex_) = 0;  // requests without an answer
  std::optional<Outcome> alone_ GUARDED_BY(mutex_);
  bool added_all_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace trireme::predict
