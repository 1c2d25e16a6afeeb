// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/answer_store.h"
#include "bench/load_plan.h"
#include "bench/replay_options.h"
#include "bench/workload.h"
#include "client/inference_client.h"
#include "client/url.h"

namespace trireme::bench {

// A line that is not replayed.
struct LeftOutLine {
  size_t line = 0;
  std::string why;
};

// A recording as it is sent to one server.
struct ReplayRequests {
  Workload workload;                  // one entry for each request, in order of their times
  std::vector<size_t> lines;          // of each request
  std::vector<PlannedCall> sequence;  // of all of them, by the recording's own times
  std::vector<ModelShare> models;     // that they are for
  std::vector<LeftOutLine> left_out;  // the first of them
  size_t left_out_count = 0;
  bool has_answers = false;  // some were recorded
  // Of each request: it was recorded as one that was wrong itself, which no server should answer otherwise.
  std::vector<bool> were_wrong;

  static constexpr size_t kMostLeftOut = 10;

  const std::string& ModelOf(size_t request) const { return workload.models[request].model; }
};

// Reads the file and encodes its requests for the server of `options` (ReplayOptions::load or Other()), whose version
// goes before the recorded one. kTooLarge: more than kMostReplayBytes.
Result<ReplayRequests> ReadReplayRequests(const ReplayOptions& replay, const BenchOptions& options,
                                          const client::Url& url, const client::ClientOptions& access,
                                          MemoryPool& pool);

// The recorded answers to them, which are as many and in the same order.
Result<AnswerStore> ReadRecordedAnswers(const ReplayOptions& replay, const ReplayRequests& requests, MemoryPool& pool);

}  // namespace trireme::bench
