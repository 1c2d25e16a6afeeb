// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/request_headers.h"

#include <charconv>
#include <string>
#include <utility>

#include "net/http_chars.h"
#include "protocols/kserve/error_answer.h"
#include "wire/kserve/body.h"

namespace trireme::kserve {
namespace {

using net::EqualsIgnoringCase;

constexpr std::string_view kJsonLength = "inference-header-content-length";
constexpr std::string_view kContentEncoding = "content-encoding";
constexpr std::string_view kAcceptEncoding = "accept-encoding";
constexpr std::string_view kTraceparent = "traceparent";
constexpr std::string_view kTracestate = "tracestate";
constexpr std::string_view kContentType = "content-type";

// Takes one header after the other. No two names are equally long, so a header that means nothing is passed over by
// one look at its length.
class HeaderReader {
 public:
  explicit HeaderReader(RequestHeaders& headers) : headers_(headers) {}

  void Read(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case kJsonLength.size():
        if (EqualsIgnoringCase(name, kJsonLength)) ReadJsonLength(value);
        break;
      case kContentEncoding.size():
        if (EqualsIgnoringCase(name, kContentEncoding)) ReadCoding(value);
        break;
      case kAcceptEncoding.size():
        if (EqualsIgnoringCase(name, kAcceptEncoding)) ReadAccepted(value);
        break;
      case kTraceparent.size():
        if (EqualsIgnoringCase(name, kTraceparent) && headers_.traceparent.empty()) headers_.traceparent = value;
        break;
      case kTracestate.size():
        if (EqualsIgnoringCase(name, kTracestate) && headers_.tracestate.empty()) headers_.tracestate = value;
        break;
      case kContentType.size():
        if (EqualsIgnoringCase(name, kContentType)) is_picture_ = IsPicture(value);
        break;
      default:
        break;
    }
  }

  // A picture has no JSON in front, which its type says as well as the header.
  void Finish() {
    if (is_picture_ && !headers_.json_length) headers_.json_length = "0";
    if (has_accepted_) headers_.answer = accepted_.Best();
  }

 private:
  static bool IsPicture(std::string_view type) {
    constexpr std::string_view kImage = "image/";
    return EqualsIgnoringCase(type.substr(0, kImage.size()), kImage);
  }

  void ReadJsonLength(std::string_view value) {
    if (headers_.json_length) {
      headers_.length_error = InvalidArgument(std::string(kHeaderLengthName) + ": expected once, found twice");
    }
    headers_.json_length = value;
  }

  void ReadCoding(std::string_view value) {
    if (std::exchange(has_coding_, true)) {
      headers_.coding_error = Unsupported("Content-Encoding: expected once, found twice");
    } else if (const Result<ContentCoding> coding = ParseContentEncoding(value); coding.ok()) {
      headers_.body = *coding;
    } else {
      headers_.coding_error = coding.status();
    }
  }

  void ReadAccepted(std::string_view value) {
    has_accepted_ = true;
    accepted_.Add(value);
  }

  RequestHeaders& headers_;
  AcceptedCodings accepted_;
  bool is_picture_ = false;
  bool has_coding_ = false;
  bool has_accepted_ = false;
};

}  // namespace

size_t RequestHeaders::LikelyJsonBytes() const {
  size_t bytes = 0;
  if (json_length) std::from_chars(json_length->data(), json_length->data() + json_length->size(), bytes);
  return bytes;
}

RequestHeaders ReadRequestHeaders(const net::HttpRequest& http) {
  RequestHeaders headers;
  HeaderReader reader(headers);
  for (const net::HttpHeader& header : http.headers) reader.Read(header.name, header.value);
  reader.Finish();
  return headers;
}

net::HttpResponse UnreadableCoding(const Status& status) {
  constexpr int kUnsupportedMediaType = 415;
  net::HttpResponse response = ErrorResponse(status);
  response.status = kUnsupportedMediaType;
  response.headers.emplace_back("Accept-Encoding", "gzip, deflate");
  return response;
}

}  // namespace trireme::kserve
