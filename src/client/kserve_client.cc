// SPDX-License-Identifier: Apache-2.0
#include "client/kserve_client.h"

#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/log.h"
#include "client/repository_index.h"
#include "client/server_metadata.h"
#include "wire/torchserve/errors.h"

namespace trireme::client {
namespace {

std::string ModelPath(std::string_view model, std::string_view version, std::string_view action) {
  std::string path = "/v2/models/" + EscapePathSegment(model);
  if (!version.empty()) path += "/versions/" + EscapePathSegment(version);
  return path.append(action);
}

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Url WithoutSlash(Url url) {
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

// An encoded message as the pieces of an HTTP request. The views are of the message.
struct InferBody {
  explicit InferBody(const kserve::EncodedBody& message) {
    headers.emplace_back("Content-Type", message.content_type());
    if (const std::optional<size_t> length = message.header_length()) {
      headers.emplace_back(kserve::kHeaderLengthName, std::to_string(*length));
    }
    for (const Buffer& tensor : message.tensors) rest.push_back(AsText(tensor.bytes()));
  }

  HttpHeaders headers;
  std::vector<std::string_view> rest;
};

Result<kserve::InferResponseMessage> DecodeInfer(HttpAnswer answer, MemoryPool& pool) {
  const auto owner = std::make_shared<const HttpAnswer>(std::move(answer));  // shared by the tensors that view the body
  kserve::ReceivedBody body{.bytes = std::as_bytes(std::span(owner->body)), .keep_alive = owner, .json_bytes = {}};
  if (const auto length = owner->Find(kserve::kHeaderLengthName)) {
    ASSIGN_OR_RETURN(body.json_bytes, kserve::ParseHeaderLength(*length, owner->body.size()));
  }
  return kserve::DecodeInferResponse(body, pool);
}

StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 400:
      return StatusCode::kInvalidArgument;
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      return StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kNotFound;
    case 413:
      return StatusCode::kTooLarge;
    case 429:
      return StatusCode::kOverloaded;
    case 501:
      return StatusCode::kUnsupported;
    case 503:
      return StatusCode::kUnavailable;
    case 504:
      return StatusCode::kDeadlineExceeded;
    case 507:
      return StatusCode::kOutOfMemory;
    default:
      return StatusCode::kInternal;
  }
}

}  // namespace

std::string EscapePathSegment(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  static constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char lower = static_cast<char>(c | 0x20);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kHex[byte >> 4];
      escaped += kHex[byte & 15];
    }
  }
  return escaped;
}

std::string RefusalText(std::string_view body) {
  constexpr size_t kMostShown = 256;
  if (const std::optional<std::string> said = kserve::DecodeError(body)) return *said;
  if (const std::optional<std::string> said = torchserve::DecodeError(body)) return *said;
  return std::string(body.substr(0, kMostShown));
}

Status RefusalStatus(int http_status, std::string_view body) {
  std::string message = "HTTP status " + std::to_string(http_status);
  if (const std::string said = RefusalText(body); !said.empty()) message += ": " + said;
  return {CodeOf(http_status), std::move(message)};
}

KserveClient::KserveClient(Url server, Options options) : server_(WithoutSlash(std::move(server))), options_(options) {}

Url KserveClient::At(std::string_view path) const {
  Url url = server_;
  url.path += path;
  return url;
}

Result<HttpAnswer> KserveClient::Send(HttpCall call) const {
  call.timeout = options_.timeout;
  call.limits = options_.limits;
  call.tls = options_.tls;
  AddKey(call.headers);
  ASSIGN_OR_RETURN(HttpAnswer answer, Call(call));
  if (answer.status == 200) return answer;
  return RefusalStatus(answer.status, answer.body).Within(call.method + " " + call.url.Authority() + call.url.path);
}

void KserveClient::AddKey(HttpHeaders& headers) const {
  if (!options_.api_key.empty()) headers.emplace_back("Authorization", "Bearer " + options_.api_key);
}

Status KserveClient::CheckReady() const {
  return Send({.url = At("/v2/health/ready")}).status();
}

Result<kserve::ServerMetadata> KserveClient::Server() const {
  ASSIGN_OR_RETURN(const HttpAnswer answer, Send({.url = At("/v2")}));
  return DecodeServerMetadata(answer.body);
}

Result<std::vector<kserve::IndexEntry>> KserveClient::Index() const {
  ASSIGN_OR_RETURN(const HttpAnswer answer, Send({.method = "POST", .url = At("/v2/repository/index")}));
  return DecodeRepositoryIndex(answer.body);
}

Result<kserve::ModelMetadata> KserveClient::Metadata(std::string_view model, std::string_view version) const {
  ASSIGN_OR_RETURN(const HttpAnswer answer, Send({.url = At(ModelPath(model, version, ""))}));
  return kserve::DecodeModelMetadata(answer.body);
}

Result<kserve::InferResponseMessage> KserveClient::Infer(std::string_view model, std::string_view version,
                                                         const kserve::InferRequestMessage& message,
                                                         kserve::InputForm form, MemoryPool& pool) const {
  ASSIGN_OR_RETURN(const kserve::EncodedBody encoded, kserve::EncodeInferRequest(message, form));
  InferBody body(encoded);
  ASSIGN_OR_RETURN(HttpAnswer answer, Send({.method = "POST",
                                            .url = At(ModelPath(model, version, "/infer")),
                                            .headers = std::move(body.headers),
                                            .body_begin = encoded.json,
                                            .body_rest = body.rest}));
  return DecodeInfer(std::move(answer), pool);
}

Result<PreparedRequest> KserveClient::PrepareInfer(std::string_view model, std::string_view version,
                                                   const kserve::InferRequestMessage& message,
                                                   kserve::InputForm form) const {
  ASSIGN_OR_RETURN(const kserve::EncodedBody encoded, kserve::EncodeInferRequest(message, form));
  InferBody body(encoded);
  AddKey(body.headers);
  return Prepare("POST", At(ModelPath(model, version, "/infer")), body.headers, encoded.json, body.rest);
}

Result<kserve::InferResponseMessage> KserveClient::InferOnce(std::string_view model, std::string_view version,
                                                             const kserve::InferRequestMessage& message,
                                                             MemoryPool& pool) const {
  return Infer(model, version, message, kserve::InputForm::kBinary, pool);
}

Status KserveClient::RegisterSystemMemory(const SystemMemory& memory) const {
  std::string body = "{\"key\":";
  AppendJsonString(body, memory.key);
  body += ",\"offset\":" + std::to_string(memory.offset) + ",\"byte_size\":" + std::to_string(memory.byte_size) + "}";
  const std::string path = "/v2/systemsharedmemory/region/" + EscapePathSegment(memory.name) + "/register";
  return Send({.method = "POST", .url = At(path), .body_begin = body}).status();
}

Status KserveClient::UnregisterSystemMemory(std::string_view name) const {
  const std::string path = "/v2/systemsharedmemory/region/" + EscapePathSegment(name) + "/unregister";
  return Send({.method = "POST", .url = At(path)}).status();
}

}  // namespace trireme::client
