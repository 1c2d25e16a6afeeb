// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "client/http_client.h"
#include "client/http_connection.h"
#include "client/inference_client.h"
#include "client/url.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/metadata.h"

namespace trireme::client {

// Speaks KServe V2 over HTTP with one server.
//
// A server's refusal becomes a Status with its own words: 400 kInvalidArgument, 401 kUnauthenticated, 403
// kPermissionDenied, 404 kNotFound, 413 kTooLarge, 429 kOverloaded, 501 kUnsupported, 503 kUnavailable, 504
// kDeadlineExceeded, else kInternal. Thread-safe.
class KserveClient final : public InferenceClient {
 public:
  struct Options {
    std::chrono::milliseconds timeout{10'000};  // of each call
    ResponseLimits limits = {};
    std::shared_ptr<const TlsClient> tls = nullptr;  // for https; shared with other connections
    std::string api_key = {};                        // sent as "Authorization: Bearer"; empty: none
  };

  // Of the URL's path only what is in front of "/v2" counts: "http://host:8000/prefix".
  explicit KserveClient(Url server) : KserveClient(std::move(server), Options()) {}
  KserveClient(Url server, Options options);

  Status CheckReady() const override;  // GET /v2/health/ready
  Result<kserve::ServerMetadata> Server() const override;
  Result<std::vector<kserve::IndexEntry>> Index() const override;
  Result<kserve::ModelMetadata> Metadata(std::string_view model, std::string_view version = {}) const override;
  Result<kserve::InferResponseMessage> InferOnce(std::string_view model, std::string_view version,
                                                 const kserve::InferRequestMessage& message,
                                                 MemoryPool& pool) const override;
  Status RegisterSystemMemory(const SystemMemory& memory) const override;
  Status UnregisterSystemMemory(std::string_view name) const override;

  Result<kserve::InferResponseMessage> Infer(std::string_view model, std::string_view version,
                                             const kserve::InferRequestMessage& message, kserve::InputForm form,
                                             MemoryPool& pool) const;

  // The same request as bytes, to be sent many times.
  Result<PreparedRequest> PrepareInfer(std::string_view model, std::string_view version,
                                       const kserve::InferRequestMessage& message, kserve::InputForm form) const;

 private:
  Url At(std::string_view path) const;
  void AddKey(HttpHeaders& headers) const;
  Result<HttpAnswer> Send(HttpCall call) const;

  const Url server_;
  const Options options_;
};

// Percent-encodes what a path segment cannot hold (RFC 3986, 3.3).
std::string EscapePathSegment(std::string_view text);

// What a server says in an answer that is no success: the message of its JSON ("error", or TorchServe's "message"), or
// how the body begins.
std::string RefusalText(std::string_view body);

// The Status for an answer that is no success: see KserveClient.
Status RefusalStatus(int http_status, std::string_view body);

}  // namespace trireme::client
