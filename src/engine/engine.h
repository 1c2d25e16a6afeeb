// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "lifecycle/lifecycle.h"
#include "model/infer_request.h"
#include "model/signature.h"

namespace trireme {

// A model as its metadata shows it.
struct ModelDescription {
  std::string name;
  std::vector<int64_t> versions;  // that are ready, or the one asked for
  std::string platform;
  Signature signature;
  int64_t free_dim = 1;  // a size that it takes where the signature leaves one open
};

// The one front door of all protocols: what there is, whether it is ready, and inference.
// Thread-safe; nothing here blocks.
class Engine {
 public:
  // `lifecycle` must outlive it.
  explicit Engine(Lifecycle& lifecycle) : lifecycle_(lifecycle) {}

  // Checks the request against the model and puts it in the model's line. It is answered through its reply exactly
  // once, perhaps before this returns.
  void Infer(std::unique_ptr<InferRequest> request);

  // Whether requests should come here: everything that was wanted at the start is loaded (or has failed), at least one
  // model serves unless none was wanted, and nobody asked us to stop.
  bool Ready() const;

  // OK if the version (or any, if none is named) serves; else why not.
  Status ModelReady(std::string_view name, std::optional<int64_t> version) const;

  Result<ModelDescription> Describe(std::string_view name, std::optional<int64_t> version) const;

  // Every known version, ready or not.
  std::vector<ModelStatus> Index() const;

  // For the protocol that encoded an answer of this version: how long that took.
  void RecordEncode(const ModelId& id, Duration took) const;

  // From now on Ready() is false and new requests are refused; those accepted are still answered.
  void StopAccepting() { accepting_.store(false, std::memory_order_relaxed); }

  // Readiness alone is withdrawn, requests are still welcome: for a load balancer to notice first.
  void AnnounceStop() { announced_.store(true, std::memory_order_relaxed); }

 private:
  Lifecycle& lifecycle_;
  std::atomic<bool> accepting_ = true;  // lone flags: they order nothing
  std::atomic<bool> announced_ = false;
};

}  // namespace trireme
