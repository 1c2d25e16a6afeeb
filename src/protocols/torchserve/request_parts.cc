// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/request_parts.h"

#include <optional>
#include <utility>

#include "codec/form_fields.h"
#include "codec/multipart.h"
#include "codec/picture_kind.h"
#include "net/http_chars.h"

namespace trireme::torchserve {
namespace {

std::string_view TypeOf(const net::HttpRequest& http) {
  const std::string_view* const type = http.Find("content-type");
  return type == nullptr ? std::string_view() : *type;
}

bool IsType(std::string_view content_type, std::string_view lower_case) {
  return net::EqualsIgnoringCase(net::TrimBlanks(content_type.substr(0, content_type.find(';'))), lower_case);
}

bool LooksLikeJson(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '[' || text[begin] == '{');
}

// What curl calls a form though it is none; empty: it may be one. No name of a field begins so.
std::string_view TypeBehindForm(std::string_view text) {
  if (const std::optional<PictureKind> kind = PictureKindOf(text)) return MediaType(*kind);
  return LooksLikeJson(text) ? "application/json" : "";
}

Result<std::vector<RequestPart>> PartsOfMultipart(const net::HttpRequest& http) {
  ASSIGN_OR_RETURN(const std::string boundary, BoundaryOf(TypeOf(http)));
  ASSIGN_OR_RETURN(std::vector<FormPart> fields, ParseMultipart(http.body, boundary));
  std::vector<RequestPart> parts;
  parts.reserve(fields.size());
  for (FormPart& field : fields) {
    parts.push_back({.name = std::move(field.name),
                     .content_type = field.content_type,
                     .bytes = field.bytes,
                     .storage = http.storage});
  }
  return parts;
}

Result<std::vector<RequestPart>> PartsOfForm(std::string_view body) {
  ASSIGN_OR_RETURN(std::vector<FormField> fields, ParseFormFields(body));
  std::vector<RequestPart> parts;
  parts.reserve(fields.size());
  for (FormField& field : fields) {
    auto value = std::make_shared<const std::string>(std::move(field.value));  // shared with tensors that view it
    parts.push_back({.name = std::move(field.name),
                     .content_type = {},
                     .bytes = std::as_bytes(std::span(*value)),
                     .storage = value});
  }
  return parts;
}

}  // namespace

bool IsForm(const net::HttpRequest& http) {
  const std::string_view type = TypeOf(http);
  if (IsType(type, "multipart/form-data")) return true;
  const std::string_view text(reinterpret_cast<const char*>(http.body.data()), http.body.size());
  return IsType(type, "application/x-www-form-urlencoded") && !LooksLikeJson(text);
}

Result<std::vector<RequestPart>> PartsOf(const net::HttpRequest& http) {
  const std::string_view type = TypeOf(http);
  const std::string_view text(reinterpret_cast<const char*>(http.body.data()), http.body.size());
  if (IsType(type, "multipart/form-data")) return PartsOfMultipart(http);
  const bool is_form = IsType(type, "application/x-www-form-urlencoded");
  const std::string_view real_type = is_form ? TypeBehindForm(text) : type;
  if (is_form && real_type.empty()) return PartsOfForm(text);
  return std::vector<RequestPart>{
      {.name = "body", .content_type = real_type, .bytes = http.body, .storage = http.storage}};
}

}  // namespace trireme::torchserve
