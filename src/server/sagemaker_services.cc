// SPDX-License-Identifier: Apache-2.0
#include "server/sagemaker_services.h"

#include <utility>

#include "protocols/kserve/error_answer.h"
#include "protocols/kserve/generate_call.h"
#include "protocols/kserve/infer_call.h"

namespace trireme {
namespace {

sagemaker::V2::Handle GenerateHandle(const kserve::InferServices& services, kserve::GenerateForm form) {
  return [&services, form](net::HttpRequest http, const PathArguments& path, const Identity& identity,
                           net::HttpReply reply) {
    kserve::StartGenerateCall(services, form, std::move(http), path, identity, std::move(reply));
  };
}

}  // namespace

sagemaker::Services MakeSagemakerServices(const kserve::InferServices& services, sagemaker::Options options) {
  const auto infer = [&services](net::HttpRequest http, const PathArguments& path, const Identity& identity,
                                 net::HttpReply reply) {
    kserve::StartInferCall(services, std::move(http), path, identity, std::move(reply));
  };
  return {.engine = services.engine,
          .pool = services.pool,
          .codec_workers = services.codec_workers,
          .tracer = services.tracer,
          .options = std::move(options),
          .v2 = {.infer = infer,
                 .generate = GenerateHandle(services, kserve::GenerateForm::kOne),
                 .generate_stream = GenerateHandle(services, kserve::GenerateForm::kEvents),
                 .plan_infer = kserve::PlanInferBody,
                 .error = kserve::ErrorResponse},
          .tells_timing = services.tells_timing,
          .probes_name_models = services.probes_name_models};
}

}  // namespace trireme
