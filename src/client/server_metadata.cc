// SPDX-License-Identifier: Apache-2.0
#include "client/server_metadata.h"

#include <string>

#include "codec/json_cursor.h"

namespace trireme::client {

Result<kserve::ServerMetadata> DecodeServerMetadata(std::string_view text) {
  constexpr std::string_view kWhat = "server metadata";
  JsonCursor json(text);
  kserve::ServerMetadata metadata;
  if (!json.EnterObject()) return Status(json.status()).Within(kWhat);
  while (const auto key = json.NextKey()) {
    std::string* const field = *key == "name" ? &metadata.name : *key == "version" ? &metadata.version : nullptr;
    if (field == nullptr) {
      json.Skip();
    } else if (const auto value = json.ReadString()) {
      *field = *value;
    }
  }
  json.Finish();
  if (!json.ok()) return Status(json.status()).Within(kWhat);
  return metadata;
}

}  // namespace trireme::client
