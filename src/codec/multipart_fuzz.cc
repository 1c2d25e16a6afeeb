// SPDX-License-Identifier: Apache-2.0
// Any bytes as a form: the first line is the Content-Type, the rest the body. What is read lies in the body, in order,
// and is read the same when it is written again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/form_fields.h"
#include "codec/multipart.h"

namespace trireme {
namespace {

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void CheckForm(std::string_view body, const std::string& boundary) {
  const auto parts = ParseMultipart(std::as_bytes(std::span(body)), boundary, {.parts = 100, .header_bytes = 1000});
  if (!parts.ok()) {
    CHECK(!parts.status().message().empty());
    return;
  }
  CHECK(parts->size() <= 100);
  std::string again;
  const char* at = body.data();
  for (const FormPart& part : *parts) {
    const std::string_view bytes = Text(part.bytes);
    CHECK(bytes.data() >= at && bytes.data() + bytes.size() <= body.data() + body.size());
    at = bytes.data() + bytes.size();
    CHECK(!part.name.empty());
    again += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + Escaped(part.name) + "\"\r\n\r\n";
    again.append(bytes).append("\r\n");
  }
  again += "--" + boundary + "--";
  const auto same = ParseMultipart(std::as_bytes(std::span(again)), boundary);
  CHECK(same.ok() && same->size() == parts->size());
  for (size_t i = 0; i < same->size(); ++i) {
    CHECK((*same)[i].name == (*parts)[i].name && Text((*same)[i].bytes) == Text((*parts)[i].bytes));
  }
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fields = trireme::ParseFormFields(text, 100);
  CHECK(!fields.ok() || fields->size() <= 100);
  const size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto boundary = trireme::BoundaryOf(text.substr(0, line));
  if (boundary.ok()) trireme::CheckForm(text.substr(line + 1), *boundary);
  return 0;
}
