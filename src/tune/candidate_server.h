// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/scratch_folder.h"
#include "base/status.h"
#include "bench/options.h"
#include "bench/own_server.h"
#include "bench/run_facts.h"
#include "bench/server_target.h"
#include "model/service_goal.h"
#include "tune/visit.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme::tune {

// What is the same for all candidates of a model.
struct MeasuredModel {
  bench::BenchOptions requests;  // the model's name, and rows, shapes, seed and files of what is sent
  std::optional<ServiceGoal> goal;
  std::filesystem::path program;        // `PROGRAM serve`
  int stop_fd = -1;                     // a load ends early when this becomes readable
  std::function<bool()> wants_to_stop;  // asked while somebody waits; true: waiting ends with kCancelled
};

// A `trireme serve` of our own with one model, and those who load it. It heeds no settings of the environment: what is
// measured is what its arguments say. Not thread-safe.
class CandidateServer {
 public:
  // Starts it and waits until the model is ready. `arguments` are those of `trireme serve`; `model` outlives it.
  // kUnavailable: it ended, or was not ready within ten minutes; the message has its last words. kInvalidArgument,
  // kNotFound: there is nothing to send, or the model refuses it. kCancelled: stopped.
  static Result<std::unique_ptr<CandidateServer>> Start(const MeasuredModel& model,
                                                        const std::vector<std::string>& arguments);

  // How long it took until it was ready.
  Duration start() const { return start_; }
  const bench::ModelRequests& requests() const { return target_->workload().models[0]; }
  const bench::RunFacts& facts() const { return target_->context().facts; }

  // A load of so many users, each of whom waits for answers; its first part is not measured. kUnavailable: the server
  // died meanwhile; the message has its last words. kCancelled: stopped.
  Result<LoadPoint> Load(int users, Duration window);
  // The highest rate at which the goal is kept, of requests that come whatever becomes of them, as from many people.
  // The search for it begins at `first`, and tries nothing above `most`.
  Result<LoadPoint> Goodput(double first, double most, Duration window);

  // What it answers to the request of each sample.
  Result<std::vector<kserve::InferResponseMessage>> Answers();

 private:
  CandidateServer(const MeasuredModel& model, std::shared_ptr<const ScratchFolder> folder,
                  std::unique_ptr<bench::OwnServer> server);
  Status WaitUntilReady() const;
  Status AskOnce();
  Status Ended(const std::string& what) const;

  const MeasuredModel& model_;
  MemoryPool pool_;
  const std::shared_ptr<const ScratchFolder> folder_;  // stays until the server has ended
  const std::unique_ptr<bench::OwnServer> server_;
  std::unique_ptr<bench::ServerTarget> target_;
  Duration start_{0};
};

// What a server said at its end, on one line: the first error there, if it tells of one, else the last line.
std::string LastWords(std::string_view log);

}  // namespace trireme::tune
