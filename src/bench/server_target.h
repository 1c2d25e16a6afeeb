// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "bench/carrier.h"
#include "bench/options.h"
#include "bench/report.h"
#include "bench/shared_tensors.h"
#include "bench/target.h"
#include "bench/workload.h"
#include "client/endpoint.h"
#include "client/grpc_connection.h"
#include "client/inference_client.h"
#include "client/url.h"

namespace trireme::bench {

// A server that was asked what its models take, and for which requests have been made up.
class ServerTarget final : public Target {
 public:
  // Asks it. `options` have passed Check(). Errors are the server's words, or why there are none. Blocks for as long
  // as the time-outs allow, ten seconds at least.
  static Result<std::unique_ptr<ServerTarget>> Open(const BenchOptions& options);
  ServerTarget(const ServerTarget&) = delete;
  ServerTarget& operator=(const ServerTarget&) = delete;
  ~ServerTarget() override;

  const TargetFacts& facts() const override { return facts_; }
  const Workload& workload() const { return workload_; }
  const RunContext& context() const { return context_; }

  // The first one encodes the requests, which may register memory at the server: from then on this object must be
  // destroyed for that to be given back, whatever signal comes (see Interrupts). At most as many calls of a connection
  // as the options ask for, and with --shared-memory at most as many connections.
  Result<LoadResult> Run(LoadPlan plan) override;
  Status Probe() override;

 private:
  explicit ServerTarget(const BenchOptions& options);
  Status Ask();
  Status Encode();
  Status EncodeModel(size_t model);
  std::unique_ptr<Carrier> MakeCarrier(size_t number, CarrierListener& listener) const;

  const BenchOptions options_;
  MemoryPool pool_;
  client::Url url_;
  client::ClientOptions access_;
  client::Endpoint endpoint_;
  std::unique_ptr<client::InferenceClient> client_;
  Workload workload_;
  std::vector<std::unique_ptr<SharedTensors>> shared_;  // of each model, with --shared-memory
  client::GrpcHead head_;
  RunContext context_;
  TargetFacts facts_;
  std::optional<Status> encoded_;  // nothing: not tried yet
};

// The load that the options ask for; nothing ends it before its time.
LoadPlan PlanOf(const BenchOptions& options);

}  // namespace trireme::bench
