// SPDX-License-Identifier: Apache-2.0
#include "client/repository_index.h"

#include <optional>
#include <string>
#include <utility>

#include "codec/json_cursor.h"

namespace trireme::client {
namespace {

std::string* FieldOf(kserve::IndexEntry& entry, std::string_view key) {
  if (key == "name") return &entry.name;
  if (key == "version") return &entry.version;
  if (key == "state") return &entry.state;
  if (key == "reason") return &entry.reason;
  return nullptr;
}

Result<kserve::IndexEntry> ReadEntry(JsonCursor& json) {
  kserve::IndexEntry entry;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    if (std::string* field = FieldOf(entry, *key)) {
      if (const auto value = json.ReadString()) *field = *value;
    } else {
      json.Skip();
    }
  }
  RETURN_IF_ERROR(json.status());
  if (entry.name.empty()) return InvalidArgument("expected a \"name\" in each entry");
  return entry;
}

}  // namespace

Result<std::vector<kserve::IndexEntry>> DecodeRepositoryIndex(std::string_view text) {
  constexpr std::string_view kWhat = "repository index";
  JsonCursor json(text);
  std::vector<kserve::IndexEntry> entries;
  if (!json.EnterArray()) return Status(json.status()).Within(kWhat);
  while (json.NextElement()) {
    Result<kserve::IndexEntry> entry = ReadEntry(json);
    if (!entry.ok()) return std::move(entry).status().Within(kWhat);
    entries.push_back(*std::move(entry));
  }
  json.Finish();
  if (!json.ok()) return Status(json.status()).Within(kWhat);
  return entries;
}

}  // namespace trireme::client
