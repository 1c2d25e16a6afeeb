// SPDX-License-Identifier: Apache-2.0
#include "client/inference_client.h"

#include "client/kserve_client.h"
#include "client/kserve_grpc_client.h"

namespace trireme::client {

std::unique_ptr<InferenceClient> MakeInferenceClient(const Url& url, const ClientOptions& options) {
  if (url.grpc) return std::make_unique<KserveGrpcClient>(url, options);
  return std::make_unique<KserveClient>(
      url,
      KserveClient::Options{.timeout = options.timeout, .limits = {}, .tls = options.tls, .api_key = options.api_key});
}

}  // namespace trireme::client
