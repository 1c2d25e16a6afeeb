// SPDX-License-Identifier: Apache-2.0
#include "server/protocols.h"

#include <string>

#include "protocols/grpc/health.h"
#include "protocols/grpc/reflection.h"
#include "protocols/kserve/kserve_dialect.h"
#include "protocols/sagemaker/sagemaker_dialect.h"
#include "protocols/tfserving/tfserving_dialect.h"
#include "protocols/torchserve/torchserve_dialect.h"
#include "server/grpc_router.h"
#include "server/metrics_dialect.h"
#include "server/probe_dialect.h"

namespace trireme {
namespace {

// Those whose messages reflection can describe, and reflection itself: TorchServe's and TF Serving's are written by
// hand.
std::vector<std::string> ServiceNames(const Protocols& protocols) {
  GrpcRouter router;
  router.Add(protocols.kserve.methods);
  router.Add(protocols.health);
  std::vector<std::string> names = router.services();
  names.emplace_back("grpc.reflection.v1.ServerReflection");
  names.emplace_back("grpc.reflection.v1alpha.ServerReflection");
  return names;
}

}  // namespace

Protocols MakeProtocols(const kserve::InferServices& services, const sagemaker::Services& sagemaker_services,
                        const torchserve::Services& torchserve_services, const tfserving::Services& tfserving_services,
                        const metrics::Registry& registry) {
  Protocols protocols{.kserve = kserve::MakeDialect(services),
                      .metrics = MakeMetricsDialect(registry),
                      .sagemaker = sagemaker::MakeDialect(sagemaker_services),
                      .invocations = sagemaker::MakeInvocations(sagemaker_services),
                      .torchserve_inference = torchserve::MakeInference(torchserve_services),
                      .torchserve_management = torchserve::MakeManagement(torchserve_services),
                      .torchserve_metrics = torchserve::MakeMetrics(torchserve_services),
                      .predictions = torchserve::MakePredictions(torchserve_services),
                      .tfserving = tfserving::MakeDialect(tfserving_services),
                      .tfserving_models = tfserving::MakeModels(tfserving_services),
                      .probes = MakeProbeDialect(services.engine, services.probes_name_models),
                      .health = HealthMethods(services.engine),
                      .reflection = {}};
  protocols.reflection = ReflectionMethods(ServiceNames(protocols));
  return protocols;
}

}  // namespace trireme
