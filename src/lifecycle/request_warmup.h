// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "base/memory_pool.h"
#include "base/status.h"
#include "model/file_signatures.h"
#include "model/signature.h"
#include "repository/scan.h"
#include "tensor/tensor.h"

namespace trireme {

// A request as a model runs it: inputs in the signature's order and in the shapes that the model itself takes, an
// optional one that was left out empty and of rank 0; outputs by their index.
struct RunnableRequest {
  std::vector<Tensor> inputs;
  std::vector<int> outputs;
};

// What a request must fit.
struct RequestTarget {
  const std::string& model;
  const Signature& signature;    // as clients see it
  int64_t max_request_rows = 0;  // 0: any
  // If the model's file names signatures, of which this is one; and whether it is the one that is meant where none is
  // named.
  const FileSignatures* file = nullptr;
  bool is_default = true;
};

// Reads the body of a request, and checks it as if a client had sent it to this model. kInvalidArgument names the
// field, what was expected and what was found. Handed in from outside: what a request looks like is a protocol's
// business. Thread-safe.
using RequestReader =
    std::function<Result<RunnableRequest>(std::string body, const RequestTarget& target, MemoryPool& pool)>;

// One of the requests that a log is of.
struct LoggedRequest {
  std::string signature;    // of the model's file, that it is for; empty: the target
  RunnableRequest request;  // if it is
};

// Reads a log of requests, a serialized tensorflow.serving.PredictionLog, in the same way.
using LogReader =
    std::function<Result<std::vector<LoggedRequest>>(std::string log, const RequestTarget& target, MemoryPool& pool)>;

// Runs each recorded request of the version (repository/recorded_requests.h) once, or until `enough`, which is asked
// before each run, and in those of a decoupled model after each response. The first that is no request for the model,
// or that it fails with, ends it; the error names the file.
struct RequestWarmup {
  int ran = 0;
  bool is_done = true;
};
Result<RequestWarmup> WarmUpRequests(OpenModel& model, const ModelEntry& entry, const RequestTarget& target,
                                     const RequestReader& read, MemoryPool& pool, const std::function<bool()>& enough);

// The same with the requests of the version's TF Serving logs that are for this target.
struct LogWarmup {
  int ran = 0;
  bool is_done = true;
  std::set<std::string> others;  // signatures that the others are for
};
Result<LogWarmup> WarmUpLogs(OpenModel& model, const ModelEntry& entry, const RequestTarget& target,
                             const LogReader& read, MemoryPool& pool, const std::function<bool()>& enough);

// A recorded request that the model would not be run with.
struct BadRequest {
  std::filesystem::path file;
  Status status;
};

// What is wrong with the version's TF Serving logs, as far as they are for this target; OK if nothing is.
Status CheckLogs(const ModelEntry& entry, const RequestTarget& target, const LogReader& read, MemoryPool& pool);

// All of them. Reads each, one at a time, and runs nothing.
std::vector<BadRequest> CheckRecordedRequests(const ModelEntry& entry, const RequestTarget& target,
                                              const RequestReader& read, MemoryPool& pool);

}  // namespace trireme
