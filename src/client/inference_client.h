// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_pool.h"
#include "base/status.h"
#include "client/tls_client.h"
#include "client/url.h"
#include "wire/kserve/infer_request_message.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/metadata.h"

namespace trireme::client {

// Memory of this program that a server is to use: what shm_open(3) calls `key`.
struct SystemMemory {
  std::string name;
  std::string key;
  uint64_t offset = 0;
  uint64_t byte_size = 0;
};

// What a program asks a server of KServe V2, whichever protocol carries it: a connection a call, waiting for each.
//
// A server's refusal becomes a Status with its own words. Thread-safe.
class InferenceClient {
 public:
  virtual ~InferenceClient() = default;

  virtual Status CheckReady() const = 0;
  // Its name and version, without the extensions.
  virtual Result<kserve::ServerMetadata> Server() const = 0;
  virtual Result<std::vector<kserve::IndexEntry>> Index() const = 0;
  // `version` may be empty.
  virtual Result<kserve::ModelMetadata> Metadata(std::string_view model, std::string_view version) const = 0;
  // Tensors travel in their binary form.
  virtual Result<kserve::InferResponseMessage> InferOnce(std::string_view model, std::string_view version,
                                                         const kserve::InferRequestMessage& message,
                                                         MemoryPool& pool) const = 0;
  virtual Status RegisterSystemMemory(const SystemMemory& memory) const = 0;
  virtual Status UnregisterSystemMemory(std::string_view name) const = 0;
};

struct ClientOptions {
  std::chrono::milliseconds timeout{10'000};  // of each call
  // For https and grpcs: TlsClient::Make(). Shared with the connections of others.
  std::shared_ptr<const TlsClient> tls = nullptr;
  std::string api_key;  // sent as "Authorization: Bearer"; empty: none
};

// One that speaks what the URL says.
std::unique_ptr<InferenceClient> MakeInferenceClient(const Url& url, const ClientOptions& options);

}  // namespace trireme::client
