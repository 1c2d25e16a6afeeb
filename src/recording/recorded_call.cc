// SPDX-License-Identifier: Apache-2.0
#include "recording/recorded_call.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <variant>

#include "base/log.h"
#include "codec/base64.h"
#include "codec/json_cursor.h"
#include "wire/kserve/infer_response_message.h"
#include "wire/kserve/json_data.h"
#include "wire/kserve/message_writer.h"

namespace trireme {
namespace {

using kserve::EncodedBody;
using kserve::ObjectWriter;
using std::chrono::microseconds;

constexpr std::string_view kHeadKey = "trireme_recording";

// Another time would not fit in the clock's nanoseconds.
constexpr uint64_t kMostMicroseconds = std::numeric_limits<int64_t>::max() / 4000;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void AppendBody(ObjectWriter& line, const std::string& key, const EncodedBody& body) {
  line.Key(key) += body.json;
  if (body.tensors.empty()) return;
  std::string& out = line.Key(key + "_binary");
  out += '[';
  for (const Buffer& tensor : body.tensors) {
    if (out.back() != '[') out += ',';
    out += '"';
    AppendBase64(out, TextOf(tensor.bytes()));
    out += '"';
  }
  out += ']';
}

void AppendAnswer(ObjectWriter& line, const RecordedAnswer& answer) {
  line.Member("took_us", static_cast<uint64_t>(answer.took.count()));
  if (answer.status.ok()) return AppendBody(line, "response", answer.body);
  ObjectWriter error(line.Key("error"));
  error.Member("code", Name(answer.status.code()));
  error.Member("message", std::string_view(answer.status.message()));
  error.Close();
}

constexpr std::array kFailures = {
    StatusCode::kInvalidArgument,  StatusCode::kNotFound,   StatusCode::kAlreadyExists,    StatusCode::kTooLarge,
    StatusCode::kUnauthenticated,  StatusCode::kOverloaded, StatusCode::kPermissionDenied, StatusCode::kOutOfMemory,
    StatusCode::kDeadlineExceeded, StatusCode::kCancelled,  StatusCode::kUnavailable,      StatusCode::kUnsupported};

// What a later version calls otherwise is still a failure.
StatusCode FailureNamed(std::string_view name) {
  for (const StatusCode code : kFailures) {
    if (Name(code) == name) return code;
  }
  return StatusCode::kInternal;
}

// One line while it is read.
class LineReader {
 public:
  LineReader(std::string_view line, MemoryPool& pool) : json_(line), pool_(pool) {}

  Result<RecordedCall> Read() {
    if (!json_.EnterObject()) return json_.status();
    while (const auto key = json_.NextKey()) {
      Status status = ReadMember(std::string(*key));
      if (!status.ok()) return status;
    }
    if (!json_.Finish()) return json_.status();
    return Make();
  }

 private:
  // A V2 message: its JSON, and behind that the bytes of its tensors.
  struct Body {
    std::string_view json;
    std::string binary;
  };

  Status ReadMember(const std::string& key) {
    if (key == "time_us") return ReadTime(key, call_.time, has_time_);
    if (key == "took_us") return ReadTime(key, took_, has_took_);
    if (key == "protocol") return ReadText(key, call_.protocol);
    if (key == "model") return ReadText(key, call_.model);
    if (key == "version") return ReadVersion(key);
    if (key == "label") return ReadLabel(key);
    if (key == "signature") return ReadText(key, call_.signature);
    if (key == "tenant") return ReadText(key, call_.tenant);
    if (key == "request") return ReadJson(key, request_);
    if (key == "request_binary") return ReadBinary(key, request_);
    if (key == "response") return ReadJson(key, response_);
    if (key == "response_binary") return ReadBinary(key, response_);
    if (key == "error") return ReadError(key);
    return json_.Skip() ? Status() : json_.status();
  }

  Status Wrong(const std::string& key) const { return Status(json_.status()).Within(key); }
  static Status GivenTwice(const std::string& key) { return InvalidArgument(key + ": expected once, found twice"); }

  Status ReadTime(const std::string& key, microseconds& to, bool& has_it) {
    if (std::exchange(has_it, true)) return GivenTwice(key);
    const std::optional<uint64_t> value = json_.ReadUint64();
    if (!value) return Wrong(key);
    if (*value > kMostMicroseconds) {
      return InvalidArgument(key + ": expected at most " + std::to_string(kMostMicroseconds) + ", found " +
                             std::to_string(*value));
    }
    to = microseconds(static_cast<int64_t>(*value));
    return {};
  }

  Status ReadText(const std::string& key, std::string& to) {
    if (!to.empty()) return GivenTwice(key);
    const std::optional<std::string_view> text = json_.ReadString();
    if (!text) return Wrong(key);
    to = *text;
    return {};
  }

  Status ReadVersion(const std::string& key) {
    std::string text;
    RETURN_IF_ERROR(ReadText(key, text));
    uint64_t number = 0;
    for (const char digit : text) {
      if (digit < '0' || digit > '9' || number > std::numeric_limits<int64_t>::max() / 10 - 1) {
        return InvalidArgument(key + ": expected the number of a version, found '" + PlainText(text.substr(0, 80)) +
                               "'");
      }
      number = number * 10 + static_cast<uint64_t>(digit - '0');
    }
    call_.version.number = static_cast<int64_t>(number);
    return {};
  }

  Status ReadLabel(const std::string& key) {
    RETURN_IF_ERROR(ReadText(key, call_.version.label));
    if (IsVersionLabel(call_.version.label)) return {};
    return InvalidArgument(key + ": expected the label of a version, found '" +
                           PlainText(call_.version.label.substr(0, 80)) + "'");
  }

  // Read when all of it is there.
  Status ReadJson(const std::string& key, Body& to) {
    if (!to.json.empty()) return GivenTwice(key);
    if (json_.Peek() != JsonCursor::Kind::kObject) {
      (void)json_.EnterObject();
      return Wrong(key);
    }
    const size_t begin = json_.offset();
    if (!json_.Skip()) return Wrong(key);
    to.json = json_.TextFrom(begin).substr(0, json_.offset() - begin);
    return {};
  }

  Status ReadBinary(const std::string& key, Body& to) {
    if (!to.binary.empty()) return GivenTwice(key);
    if (!json_.EnterArray()) return Wrong(key);
    for (size_t i = 0; json_.NextElement(); ++i) {
      const std::optional<std::string_view> text = json_.ReadString();
      if (!text) return Wrong(key);
      Result<std::string> bytes = DecodeBase64(*text);
      if (!bytes.ok()) return std::move(bytes).status().Within(key + "[" + std::to_string(i) + "]");
      to.binary += *bytes;
    }
    return json_.ok() ? Status() : Wrong(key);
  }

  Status ReadError(const std::string& key) {
    if (error_) return GivenTwice(key);
    std::string code;
    std::string message;
    if (!json_.EnterObject()) return Wrong(key);
    while (const auto member = json_.NextKey()) {
      const std::string name(*member);
      if (name == "code" || name == "message") {
        RETURN_IF_ERROR(ReadText(key + "." + name, name == "code" ? code : message));
      } else if (!json_.Skip()) {
        return Wrong(key);
      }
    }
    if (!json_.ok()) return Wrong(key);
    error_ = Status(FailureNamed(code), std::move(message));
    return {};
  }

  Result<RecordedCall> Make() {
    if (!has_time_) return InvalidArgument("time_us: expected a number, found nothing");
    if (call_.model.empty()) return InvalidArgument("model: expected a name, found nothing");
    if (request_.json.empty()) return InvalidArgument("request: expected an object, found nothing");
    if (call_.version.number && !call_.version.label.empty()) {
      return InvalidArgument("expected a version or a label, found both");
    }
    Result<kserve::InferRequestMessage> request = DecodeRequest();
    if (!request.ok()) return std::move(request).status().Within("request");
    call_.request = *std::move(request);
    MakeAnswer();
    return std::move(call_);
  }

  Result<kserve::InferRequestMessage> DecodeRequest() {
    // Shared with the tensors that view it.
    const auto bytes = std::make_shared<const std::string>(std::string(request_.json) + request_.binary);
    kserve::ReceivedBody body{.bytes = std::as_bytes(std::span(*bytes)), .keep_alive = bytes, .json_bytes = {}};
    if (!request_.binary.empty()) body.json_bytes = request_.json.size();
    return kserve::DecodeInferRequest(body, pool_);
  }

  void MakeAnswer() {
    if (error_) {
      call_.answer = RecordedAnswer{.took = took_, .status = *std::move(error_), .body = {}};
    } else if (!response_.json.empty()) {
      RecordedAnswer& answer = call_.answer.emplace();
      answer.took = took_;
      answer.body.json = response_.json;
      if (response_.binary.empty()) return;
      answer.body.tensors.push_back(Buffer::CopyOf(std::as_bytes(std::span(response_.binary))));
    }
  }

  JsonCursor json_;
  MemoryPool& pool_;
  RecordedCall call_;
  Body request_;
  Body response_;
  microseconds took_{0};
  std::optional<Status> error_;
  bool has_time_ = false;
  bool has_took_ = false;
};

}  // namespace

Result<std::string> EncodeCall(const RecordedCall& call) {
  for (const auto& [name, value] : call.request.parameters) {
    const auto* const number = std::get_if<double>(&value);
    if (number != nullptr && !std::isfinite(*number)) return InvalidArgument("JSON has no word for this parameter");
  }
  ASSIGN_OR_RETURN(const EncodedBody request, EncodeInferRequest(call.request, kserve::InputForm::kReadable));
  std::string out;
  ObjectWriter line(out);
  line.Member("time_us", static_cast<uint64_t>(call.time.count()));
  if (!call.protocol.empty()) line.Member("protocol", std::string_view(call.protocol));
  line.Member("model", std::string_view(call.model));
  if (call.version.number) line.Member("version", std::string_view(std::to_string(*call.version.number)));
  if (!call.version.label.empty()) line.Member("label", std::string_view(call.version.label));
  if (!call.signature.empty()) line.Member("signature", std::string_view(call.signature));
  if (!call.tenant.empty()) line.Member("tenant", std::string_view(call.tenant));
  AppendBody(line, "request", request);
  if (call.answer) AppendAnswer(line, *call.answer);
  line.Close();
  out += '\n';
  return out;
}

Result<EncodedBody> EncodeAnswer(const InferResponse& response) {
  kserve::ResponseForm form;
  for (const NamedTensor& output : response.outputs) {
    form.outputs.push_back({.name = output.name, .binary = !kserve::IsReadable(output.tensor)});
  }
  return EncodeInferResponse(response, form);
}

Result<RecordedCall> DecodeCall(std::string_view line, MemoryPool& pool) {
  return LineReader(line, pool).Read();
}

std::string EncodeRecordingHead(std::string_view server, std::string_view started) {
  std::string out;
  ObjectWriter line(out);
  line.Member(kHeadKey, uint64_t{1});
  line.Member("server", server);
  line.Member("started", started);
  line.Close();
  return out += '\n';
}

bool IsRecordingHead(std::string_view line) {
  JsonCursor json(line);
  if (!json.EnterObject()) return false;
  const std::optional<std::string_view> key = json.NextKey();
  return key == kHeadKey;
}

}  // namespace trireme
