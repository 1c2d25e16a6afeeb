// SPDX-License-Identifier: Apache-2.0
#include "wire/admin/command.h"

#include <set>

#include "base/excerpt.h"
#include "base/log.h"
#include "codec/json_cursor.h"

namespace trireme::admin {
namespace {

Status WrongKey(std::string_view key, bool wants_label) {
  return InvalidArgument(std::string("expected ") + (wants_label ? "model, label and version" : "model") +
                         ", each once, found " + PlainText(Excerpt(key, 64)));
}

void ReadVersion(JsonCursor& json, std::optional<int64_t>& version) {
  if (json.Peek() == JsonCursor::Kind::kNull) {
    json.ReadNull();
    return;
  }
  const size_t offset = json.offset();
  version = json.ReadInt64();
  if (version && *version < 1) json.Refuse(offset, "the number of a version, from 1 on, or null");
}

}  // namespace

std::string EncodeModelCommand(const ModelCommand& command) {
  std::string json = "{\"model\":";
  AppendJsonString(json, command.model);
  if (!command.label.empty()) {
    json += ",\"label\":";
    AppendJsonString(json, command.label);
    json += ",\"version\":" + (command.version ? std::to_string(*command.version) : "null");
  }
  return json + "}";
}

Result<ModelCommand> DecodeModelCommand(std::string_view text, bool wants_label) {
  ModelCommand command;
  std::set<std::string, std::less<>> keys;
  JsonCursor json(text);
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const bool known = *key == "model" || (wants_label && (*key == "label" || *key == "version"));
    if (!known || !keys.emplace(*key).second) return WrongKey(*key, wants_label);
    if (*key == "version") {
      ReadVersion(json, command.version);
    } else if (const auto name = json.ReadString()) {
      (*key == "model" ? command.model : command.label) = *name;
    }
    if (!json.ok()) return Status(json.status()).Within(*key);
  }
  if (!json.Finish()) return json.status();
  if (command.model.empty()) return InvalidArgument("model: expected a name, found nothing");
  if (wants_label && command.label.empty()) return InvalidArgument("label: expected a name, found nothing");
  if (wants_label && !keys.contains("version"))
    return InvalidArgument("version: expected a number or null, found nothing");
  return command;
}

}  // namespace trireme::admin
