// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/v2_translation.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/http_chars.h"
#include "wire/kserve/body.h"

namespace trireme::sagemaker {
namespace {

constexpr std::string_view kBinaryType = "application/vnd.sagemaker-triton.binary+json";
constexpr std::string_view kSizeName = "json-header-size=";
constexpr std::string_view kLowerLengthName = "inference-header-content-length";
constexpr const char* kAttributesName = "X-Amzn-SageMaker-Custom-Attributes";
constexpr size_t kMostAttributeBytes = 1024;  // as the platform has it

std::string Prefix() {
  return std::string(kBinaryType) + ";" + std::string(kSizeName);
}

bool HasNoMeaningHere(const net::HttpHeader& header) {
  return net::EqualsIgnoringCase(header.name, kLowerLengthName) ||
         net::EqualsIgnoringCase(header.name, "accept-encoding");
}

// Moves V2's header into the Content-Type.
void TranslateResponse(net::HttpResponse& response) {
  const auto length =
      std::ranges::find(response.headers, kserve::kHeaderLengthName, &std::pair<std::string, std::string>::first);
  if (length == response.headers.end()) return;
  const std::string type = Prefix() + length->second;
  response.headers.erase(length);
  for (auto& [name, value] : response.headers) {
    if (name == "Content-Type") value = type;
  }
}

class TranslatedReply final : public net::ResponseWriter {
 public:
  TranslatedReply(net::HttpReply reply, std::string custom_attributes)
      : reply_(std::move(reply)), custom_attributes_(std::move(custom_attributes)) {}

  void Send(net::HttpResponse response) override {
    Translate(response);
    reply_.Send(std::move(response));
  }
  void Begin(net::HttpResponse head) override {
    Translate(head);
    reply_.Begin(std::move(head));
  }
  void Write(std::string chunk) override { reply_.Write(std::move(chunk)); }
  void End() override { reply_.End(); }
  void Abort() override { reply_ = net::HttpReply(); }
  net::Executor& executor() override { return reply_.executor(); }

 private:
  void Translate(net::HttpResponse& response) const {
    TranslateResponse(response);
    AddCustomAttributes(response, custom_attributes_);
  }

  net::HttpReply reply_;
  const std::string custom_attributes_;
};

}  // namespace

Result<std::optional<std::string_view>> JsonSizeIn(std::string_view content_type) {
  const size_t at = content_type.find(kBinaryType);
  if (at == std::string_view::npos) return std::optional<std::string_view>();
  if (at != 0) {
    return InvalidArgument("expect MIME type for binary data starts with '" + Prefix() +
                           "', got: " + std::string(content_type.substr(0, 256)));
  }
  std::string_view rest = content_type.substr(kBinaryType.size());
  const size_t size_at = rest.find(kSizeName);
  if (size_at == std::string_view::npos) return std::optional<std::string_view>();
  const std::string_view size = net::TrimBlanks(rest.substr(size_at + kSizeName.size()));
  const bool is_number = !size.empty() && std::ranges::all_of(size.substr(size.starts_with('-') ? 1 : 0), [](char c) {
    return c >= '0' && c <= '9';
  }) && size != "-";
  if (!is_number) {
    return InvalidArgument("Unable to parse inference header size, got: " + std::string(size.substr(0, 64)));
  }
  return std::optional(size);
}

Status CheckJsonSize(std::string_view size, size_t body_bytes) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
  if (error == std::errc() && end == size.data() + size.size() && number <= body_bytes) return {};
  return InvalidArgument("inference header size should be in range (0, " + std::to_string(body_bytes) +
                         "), got: " + std::string(size.substr(0, 64)));
}

void TranslateHeaders(net::HttpRequest& request, std::optional<std::string_view> json_size) {
  std::erase_if(request.headers, HasNoMeaningHere);
  if (json_size) request.headers.push_back({.name = kserve::kHeaderLengthName, .value = *json_size});
}

net::HttpReply TranslateReply(net::HttpReply reply, std::string custom_attributes) {
  return net::HttpReply(std::make_shared<TranslatedReply>(std::move(reply), std::move(custom_attributes)));
}

void AddCustomAttributes(net::HttpResponse& response, const std::string& custom_attributes) {
  if (!custom_attributes.empty()) response.headers.emplace_back(kAttributesName, custom_attributes);
}

std::string CustomAttributesOf(const net::HttpRequest& request) {
  const std::string_view* value = request.Find("x-amzn-sagemaker-custom-attributes");
  return value == nullptr ? "" : std::string(value->substr(0, kMostAttributeBytes));
}

}  // namespace trireme::sagemaker
