// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "dialect/dialect.h"
#include "metrics/registry.h"
#include "protocols/kserve/infer_services.h"
#include "protocols/sagemaker/services.h"
#include "protocols/tfserving/services.h"
#include "protocols/torchserve/services.h"

namespace trireme {

// Every protocol that the server speaks with others: all routes and methods that there are, for listeners and for the
// test that tries each of them without a key. (What it speaks with its owner alone is behind server/admin_door.h.)
// Immutable.
struct Protocols {
  Dialect kserve;
  Dialect metrics;
  Dialect sagemaker;
  Dialect invocations;  // what other listeners answer of it
  Dialect torchserve_inference;
  Dialect torchserve_management;
  Dialect torchserve_metrics;
  Dialect predictions;  // what other listeners answer of it
  Dialect tfserving;
  Dialect tfserving_models;  // what other listeners answer of it
  Dialect probes;
  std::vector<GrpcMethod> health;
  std::vector<GrpcMethod> reflection;

  std::vector<const Dialect*> dialects() const {
    return {
        &kserve,   &metrics, &sagemaker, &probes, &torchserve_inference, &torchserve_management, &torchserve_metrics,
        &tfserving};
  }
  std::vector<const std::vector<GrpcMethod>*> methods() const {
    return {&kserve.methods,   &health, &reflection, &torchserve_inference.methods, &torchserve_management.methods,
            &tfserving.methods};
  }
};

// All arguments must outlive it.
Protocols MakeProtocols(const kserve::InferServices& services, const sagemaker::Services& sagemaker_services,
                        const torchserve::Services& torchserve_services, const tfserving::Services& tfserving_services,
                        const metrics::Registry& registry);

}  // namespace trireme
