// SPDX-License-Identifier: Apache-2.0
#include "codec/form_fields.h"

#include <algorithm>
#include <utility>

#include "base/excerpt.h"
#include "base/log.h"
#include "codec/percent_encoding.h"

namespace trireme {
namespace {

// A blank may be a plus here.
Result<std::string> Decoded(std::string_view text) {
  std::string blank(text);
  std::ranges::replace(blank, '+', ' ');
  return PercentDecoded(blank);
}

}  // namespace

Result<std::vector<FormField>> ParseFormFields(std::string_view body, size_t most_fields) {
  std::vector<FormField> fields;
  while (!body.empty()) {
    const size_t end = std::min(body.find('&'), body.size());
    const std::string_view piece = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (piece.empty()) continue;
    if (fields.size() == most_fields) {
      return TooLarge("expected at most " + std::to_string(most_fields) + " fields in a form, found more");
    }
    const std::string where = "field " + std::to_string(fields.size() + 1) + " of the form";
    const size_t equals = std::min(piece.find('='), piece.size());
    auto name = Decoded(piece.substr(0, equals));
    if (!name.ok()) return std::move(name).status().Within(where);
    if (name->empty()) return InvalidArgument(where + ": expected a name in front of '=', found nothing");
    auto value = Decoded(piece.substr(std::min(equals + 1, piece.size())));
    if (!value.ok()) return std::move(value).status().Within(where + ", " + PlainText(Excerpt(*name, 64)));
    fields.push_back({.name = *std::move(name), .value = *std::move(value)});
  }
  return fields;
}

}  // namespace trireme
