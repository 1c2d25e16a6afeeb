// SPDX-License-Identifier: Apache-2.0
#include "app/keys_command.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "access/key_edit.h"
#include "access/key_file.h"
#include "access/key_table.h"
#include "access/new_key.h"
#include "app/text_table.h"

namespace trireme {
namespace {

using Now = std::chrono::system_clock::time_point;

Status Add(const KeysOptions& options, Now now, std::ostream& out, std::ostream& problems) {
  ASSIGN_OR_RETURN(const KeyFileTurn turn, KeyFileTurn::Take(options.file));
  Result<KeyFile> file = ReadKeyFile(options.file);
  const bool is_new = file.status().code() == StatusCode::kNotFound;
  if (!file.ok() && !is_new) return std::move(file).status();
  KeyLine line = options.key;
  std::string key;
  if (options.certificate.empty()) {
    key = NewKey();
    line.proof = Sha256(key);
  } else {
    line.proof = CertificateName{options.certificate};
  }
  RETURN_IF_ERROR(ParseKeyLine(FormatKeyLine(line)).status());
  if (line.expires && now >= *line.expires) {
    return InvalidArgument("expires: expected a day to come, found " + FormatKeyDate(*line.expires));
  }
  ASSIGN_OR_RETURN(const std::string text,
                   WithKey(is_new ? std::string() : std::move(file->text), options.file.string(), line));
  RETURN_IF_ERROR(WriteKeyFile(options.file, text));
  if (key.empty()) return {};
  out << key << "\n";
  problems << "This is the key of '" << line.name << "'. " << options.file.string()
           << " has its SHA-256 alone: it cannot be shown again.\n";
  return {};
}

Status Remove(const KeysOptions& options) {
  ASSIGN_OR_RETURN(const KeyFileTurn turn, KeyFileTurn::Take(options.file));
  ASSIGN_OR_RETURN(const KeyFile file, ReadKeyFile(options.file));
  ASSIGN_OR_RETURN(const std::string text, WithoutKey(file.text, options.file.string(), options.key.name));
  return WriteKeyFile(options.file, text);
}

std::string ProofOf(const KeyLine& line) {
  const auto* certificate = std::get_if<CertificateName>(&line.proof);
  return certificate == nullptr ? "key" : "certificate " + certificate->name;
}

std::string ExpiryOf(const KeyLine& line, Now now) {
  if (!line.expires) return "never";
  return FormatKeyDate(*line.expires) + (now >= *line.expires ? " (expired)" : "");
}

Status List(const KeysOptions& options, Now now, std::ostream& out) {
  ASSIGN_OR_RETURN(const KeyFile file, ReadKeyFile(options.file));
  ASSIGN_OR_RETURN(const std::vector<KeyLine> lines, ParseKeyFile(file.text, options.file.string()));
  std::vector<std::vector<std::string>> rows = {{"NAME", "ROLES", "MODELS", "SHOWS", "EXPIRES", "TENANT"}};
  for (const KeyLine& line : lines) {
    rows.push_back({line.name, FormatKeyRoles(line.roles), FormatKeyModels(line.models), ProofOf(line),
                    ExpiryOf(line, now), line.tenant.empty() ? "-" : line.tenant});
  }
  for (const std::string& line : Aligned(rows)) out << line << "\n";
  return {};
}

Status Check(const KeysOptions& options, Now now, std::ostream& out, std::ostream& problems) {
  ASSIGN_OR_RETURN(const KeyFile file, ReadKeyFile(options.file));
  ASSIGN_OR_RETURN(const std::vector<KeyLine> lines, ParseKeyFile(file.text, options.file.string()));
  const std::string name = options.file.string();
  if (!file.warning.empty()) problems << "warning: " << name << ": " << file.warning << "\n";
  for (const KeyLine& line : lines) {
    if (line.expires && now >= *line.expires) {
      problems << "warning: " << name << ": the key of '" << line.name << "' expired on "
               << FormatKeyDate(*line.expires) << "\n";
    }
  }
  out << name << ": " << lines.size() << (lines.size() == 1 ? " key" : " keys") << "\n";
  return {};
}

Status Run(const KeysOptions& options, Now now, std::ostream& out, std::ostream& problems) {
  switch (options.action) {
    case KeysOptions::Action::kAdd:
      return Add(options, now, out, problems);
    case KeysOptions::Action::kList:
      return List(options, now, out);
    case KeysOptions::Action::kRemove:
      return Remove(options);
    case KeysOptions::Action::kCheck:
      return Check(options, now, out, problems);
  }
  return {};
}

}  // namespace

int RunKeys(const KeysOptions& options, Now now, std::ostream& out, std::ostream& problems) {
  const Status done = Run(options, now, out, problems);
  if (done.ok()) return kExitOk;
  problems << "trireme: " << done.message() << "\n";
  return kExitFailure;
}

}  // namespace trireme
