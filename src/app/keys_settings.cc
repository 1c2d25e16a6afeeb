// SPDX-License-Identifier: Apache-2.0
#include "app/keys_settings.h"

#include <string>
#include <utility>

#include "app/setting_kinds.h"

namespace trireme {
namespace {

using KeyAction = KeysOptions::Action;

bool NamesAKey(KeyAction action) {
  return action == KeyAction::kAdd || action == KeyAction::kRemove;
}

// FILE, and NAME where the action needs one.
Setting Words(KeysOptions& options) {
  const bool has_name = NamesAKey(options.action);
  Setting words = Custom("words", has_name ? "FILE NAME" : "FILE", "The file of keys", "",
                         [&options, has_name](std::string_view text) -> Status {
                           if (options.file.empty() && !text.empty()) {
                             options.file = text;
                             return {};
                           }
                           if (!has_name || !options.key.name.empty()) return UnexpectedText("no more", text);
                           ASSIGN_OR_RETURN(options.key.name, ParseKeyName(text));
                           return {};
                         });
  if (has_name) words.help = "The file of keys, and what the key is called";
  words.form = Setting::Form::kArguments;
  return words;
}

Setting Role(KeyRoles& roles) {
  return Repeated(Custom("role", "ROLE",
                         "What it is for: infer (run its models), metrics (read them), admin (everything); may repeat",
                         "", [&roles](std::string_view text) -> Status {
                           ASSIGN_OR_RETURN(const KeyRoles more, ParseKeyRoles(text));
                           roles.infer = roles.infer || more.infer;
                           roles.admin = roles.admin || more.admin;
                           roles.metrics = roles.metrics || more.metrics;
                           return {};
                         }));
}

Setting Models(std::vector<std::string>& models) {
  return Repeated(Custom("model", "NAME",
                         "A model that it is for; 'ocr*': all that begin like this, '*': all; may repeat", "",
                         [&models](std::string_view text) -> Status {
                           ASSIGN_OR_RETURN(const std::vector<std::string> more, ParseKeyModels(text));
                           models.insert(models.end(), more.begin(), more.end());
                           return {};
                         }));
}

std::vector<Setting> KeySettings(KeysOptions& options) {
  KeyLine& key = options.key;
  return {
      Role(key.roles),
      Models(key.models),
      Custom("tenant", "NAME", "Whom it belongs to", "",
             [&key](std::string_view text) -> Status {
               const Result<std::string> name = ParseKeyName(text);  // of the same form
               if (!name.ok()) return UnexpectedText("1 to 64 letters, digits, '.', '_', '-' or '@'", text);
               key.tenant = *name;
               return {};
             }),
      Custom("expires", "YYYY-MM-DD", "The first day, UTC, on which it opens nothing any more", "never",
             [&key](std::string_view text) -> Status {
               ASSIGN_OR_RETURN(key.expires, ParseKeyDate(text));
               return {};
             }),
      Text("certificate", "NAME", "Make no key: its holder shows a client certificate of this name instead",
           options.certificate),
  };
}

}  // namespace

std::vector<Setting> KeysSettings(KeysOptions& options) {
  std::vector<Setting> settings = {Words(options)};
  if (options.action == KeyAction::kAdd) {
    for (Setting& setting : KeySettings(options)) settings.push_back(std::move(setting));
  }
  for (Setting& setting : settings) setting.group = "Options";
  return settings;
}

Status CheckKeysOptions(const KeysOptions& options) {
  if (options.file.empty()) return InvalidArgument("expected a FILE of keys, as in 'trireme keys list keys.txt'");
  if (!NamesAKey(options.action)) return {};
  if (options.key.name.empty()) return InvalidArgument("expected FILE and NAME, found FILE alone");
  if (options.action != KeyAction::kAdd) return {};
  const KeyRoles& roles = options.key.roles;
  if (!roles.any()) return InvalidArgument("expected --role infer, --role metrics or --role admin");
  if ((roles.infer || roles.admin) && options.key.models.empty()) {
    return InvalidArgument("expected --model NAME, or --model '*' for all");
  }
  return {};
}

}  // namespace trireme
