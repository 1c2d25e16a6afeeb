// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/requests.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/log.h"
#include "codec/json_cursor.h"

namespace trireme::torchserve {
namespace {

bool IsTrue(std::string_view text) {
  return SameIgnoringCase(text, "true");
}

std::optional<int64_t> Integer(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

// A value of a JSON object; nothing is left of null.
class JsonReader {
 public:
  explicit JsonReader(JsonCursor& json) : json_(json) {}

  void Read(std::optional<std::string>& to) {
    if (PassNull()) return;
    if (const auto text = json_.ReadString()) to = *text;
  }
  void Read(std::string& to) {
    std::optional<std::string> text;
    Read(text);
    if (text) to = *std::move(text);
  }
  void Read(std::optional<int64_t>& to) {
    if (PassNull()) return;
    const size_t offset = json_.offset();
    const bool is_text = json_.Peek() == JsonCursor::Kind::kString;
    const auto text = is_text ? json_.ReadString() : json_.ReadNumberText();
    if (!text) return;
    const auto number = Integer(*text);
    if (!number) return json_.Refuse(offset, "an integer of 32 bits");
    to = number;
  }
  void Read(bool& to) {
    if (PassNull()) return;
    if (json_.Peek() == JsonCursor::Kind::kString) {
      if (const auto text = json_.ReadString()) to = IsTrue(*text);
    } else if (const auto value = json_.ReadBool()) {
      to = *value;
    }
  }
  void Read(std::nullopt_t /*nothing*/) { json_.Skip(); }

 private:
  bool PassNull() { return json_.Peek() == JsonCursor::Kind::kNull && json_.ReadNull(); }

  JsonCursor& json_;
};

// Hands the member called `name` to read(member).
template <typename Read>
void ReadMember(std::string_view name, RegisterRequest& to, Read read) {
  if (name == "url") return read(to.url);
  if (name == "model_name") return read(to.model_name);
  if (name == "handler") return read(to.handler);
  if (name == "runtime") return read(to.runtime);
  if (name == "batch_size") return read(to.batch_size);
  if (name == "max_batch_delay") return read(to.max_batch_delay);
  if (name == "initial_workers") return read(to.initial_workers);
  if (name == "response_timeout") return read(to.response_timeout);
  if (name == "startup_timeout") return read(to.startup_timeout);
  if (name == "synchronous") return read(to.synchronous);
  if (name == "s3_sse_kms") return read(to.s3_sse_kms);
  read(std::nullopt);
}

}  // namespace

std::optional<std::string> TextOf(Parameters parameters, std::string_view name) {
  const auto at =
      std::find_if(parameters.begin(), parameters.end(), [&](const FormField& field) { return field.name == name; });
  if (at == parameters.end()) return std::nullopt;
  return at->value;
}

std::optional<int64_t> IntegerOf(Parameters parameters, std::string_view name) {
  const auto text = TextOf(parameters, name);
  return text ? Integer(*text) : std::nullopt;
}

bool BoolOf(Parameters parameters, std::string_view name, bool otherwise) {
  const auto text = TextOf(parameters, name);
  return text ? IsTrue(*text) : otherwise;
}

RegisterRequest ReadRegisterRequest(Parameters parameters) {
  return {.url = TextOf(parameters, "url"),
          .model_name = TextOf(parameters, "model_name").value_or(""),
          .handler = TextOf(parameters, "handler").value_or(""),
          .runtime = TextOf(parameters, "runtime"),
          .batch_size = IntegerOf(parameters, "batch_size"),
          .max_batch_delay = IntegerOf(parameters, "max_batch_delay"),
          .initial_workers = IntegerOf(parameters, "initial_workers"),
          .response_timeout = IntegerOf(parameters, "response_timeout"),
          .startup_timeout = IntegerOf(parameters, "startup_timeout"),
          .synchronous = BoolOf(parameters, "synchronous", true),
          .s3_sse_kms = BoolOf(parameters, "s3_sse_kms", false)};
}

Result<RegisterRequest> ParseRegisterRequest(std::string_view text) {
  RegisterRequest request;
  JsonCursor json(text);
  JsonReader reader(json);
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const std::string name(*key);
    ReadMember(name, request, [&](auto&& member) { reader.Read(member); });
    if (!json.ok()) return Status(json.status()).Within(PlainText(Excerpt(name, 64)));
  }
  if (!json.Finish()) return json.status();
  return request;
}

ScaleRequest ReadScaleRequest(Parameters parameters) {
  const int64_t least = IntegerOf(parameters, "min_worker").value_or(1);
  return {.min_worker = least,
          .max_worker = IntegerOf(parameters, "max_worker").value_or(least),
          .number_gpu = IntegerOf(parameters, "number_gpu"),
          .timeout = IntegerOf(parameters, "timeout").value_or(-1),
          .synchronous = BoolOf(parameters, "synchronous", false)};
}

ListRequest ReadListRequest(Parameters parameters) {
  return {.limit = IntegerOf(parameters, "limit").value_or(100),
          .next_page_token = IntegerOf(parameters, "next_page_token").value_or(0)};
}

}  // namespace trireme::torchserve
