// SPDX-License-Identifier: Apache-2.0
#include "bench/first_request.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/letter_case.h"
#include "client/grpc_client.h"
#include "client/kserve_client.h"
#include "client/kserve_grpc_client.h"

namespace trireme::bench {
namespace {

bool IsOfTheRequest(int http_status) {
  constexpr int kRequestTimeout = 408;
  constexpr int kTooManyRequests = 429;
  constexpr int kNotImplemented = 501;
  if (http_status == kNotImplemented) return true;
  return http_status >= 400 && http_status < 500 && http_status != kRequestTimeout && http_status != kTooManyRequests;
}

bool IsOfTheRequest(StatusCode code) {
  return code == StatusCode::kInvalidArgument || code == StatusCode::kNotFound || code == StatusCode::kUnsupported ||
         code == StatusCode::kUnauthenticated || code == StatusCode::kPermissionDenied;
}

Status AskHttp(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
               const ModelRequests& requests) {
  const PlainBody& body = requests.bodies.front();
  client::HttpCall call = CallTo(url, PlainPath(options.dialect, requests.model, options.version), access);
  call.method = "POST";
  call.headers.emplace_back("Content-Type", body.media_type);
  call.body_begin = *body.bytes;
  const Result<client::HttpAnswer> answer = client::Call(call);
  if (!answer.ok() || !IsOfTheRequest(answer->status)) return {};
  return client::RefusalStatus(answer->status, answer->body);
}

Status AskGrpc(const client::Url& url, const client::ClientOptions& access, std::string_view method,
               const ModelRequests& requests) {
  Result<std::string> answer = client::CallGrpc({.url = url,
                                                 .method = method,
                                                 .message = requests.grpc_bodies.front(),
                                                 .timeout = access.timeout,
                                                 .metadata = client::MetadataOf(access),
                                                 .tls = access.tls});
  if (answer.ok() || !IsOfTheRequest(answer.status().code())) return {};
  return std::move(answer).status();
}

}  // namespace

Status AskOnce(const BenchOptions& options, const client::Url& url, const client::ClientOptions& access,
               std::string_view method, const Workload& workload) {
  // Who wants to see the first failure sees this one.
  if (options.dialect == Dialect::kKserve || options.stops_on_failure) return {};
  for (const ModelRequests& requests : workload.models) {
    Status answered = url.grpc ? AskGrpc(url, access, method, requests) : AskHttp(options, url, access, requests);
    if (answered.ok()) continue;
    return std::move(answered).Within("model \"" + requests.model + "\", asked once before the load");
  }
  return {};
}

Status WithDialectHint(Status refused) {
  struct Words {
    std::string_view text;
    std::string_view hint;
  };
  constexpr std::string_view kTfserving = " (a server that speaks TF Serving's protocol: --dialect tfserving)";
  // What their REST ports answer to paths that they do not know.
  constexpr Words kWords[] = {{"Requested resource is not found, please refer to API document",
                               " (a server that speaks TorchServe's protocol: --dialect torchserve)"},
                              {"Malformed request: POST /v2/", kTfserving},
                              {"Malformed request: GET /v2/", kTfserving}};
  for (const Words& words : kWords) {
    if (refused.message().find(words.text) == std::string::npos) continue;
    return {refused.code(), refused.message() + std::string(words.hint)};
  }
  return refused;
}

Status WithoutWebPage(Status refused, Dialect dialect) {
  const std::string words = LowerCase(refused.message());
  const size_t page = std::min(words.find("<!doctype html"), words.find("<html"));
  if (page == std::string::npos) return refused;
  return {refused.code(), refused.message().substr(0, page) + "a web page: no server that speaks " +
                              std::string(Name(dialect)) + " answers there"};
}

}  // namespace trireme::bench
