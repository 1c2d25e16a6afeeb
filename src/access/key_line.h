// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/key_grant.h"
#include "base/status.h"
#include "codec/sha256.h"

namespace trireme {

// The name in a client's certificate that was verified.
struct CertificateName {
  std::string name;
  bool operator==(const CertificateName&) const = default;
};

// One line of a file of keys:
//
//   NAME ROLES MODELS PROOF [tenant=TENANT] [expires=YYYY-MM-DD]
//   web  infer resnet50,ocr* sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090
//   mesh infer,metrics *     certificate:web.example.org
//
// ROLES are infer, admin, metrics; MODELS are names, each with an asterisk at its end or not, or "-" for none.
struct KeyLine {
  using Proof = std::variant<Digest, CertificateName>;

  std::string name;  // who it is, in logs and texts
  KeyRoles roles;
  std::vector<std::string> models;
  Proof proof;  // what he shows: the key with this digest, or a certificate
  std::string tenant;
  std::optional<std::chrono::sys_days> expires;  // from the beginning of this day, UTC, it opens nothing

  bool operator==(const KeyLine&) const = default;
};

inline constexpr size_t kMaxKeyLineBytes = 4096;

// `text` is not blank, has no comment and no newline. kInvalidArgument names the field, what was expected and what was
// found, but never what stands in the place of a digest: it may be a key that was put there by mistake.
Result<KeyLine> ParseKeyLine(std::string_view text);

// Each field on its own, for command lines.
Result<std::string> ParseKeyName(std::string_view text);
Result<KeyRoles> ParseKeyRoles(std::string_view text);                   // "infer,metrics"
Result<std::vector<std::string>> ParseKeyModels(std::string_view text);  // "resnet50,ocr*"
Result<std::chrono::sys_days> ParseKeyDate(std::string_view text);       // "2027-01-01"

// As ParseKeyLine reads it; without newline.
std::string FormatKeyLine(const KeyLine& line);
std::string FormatKeyRoles(const KeyRoles& roles);
std::string FormatKeyModels(const std::vector<std::string>& models);
std::string FormatKeyDate(std::chrono::sys_days date);

}  // namespace trireme
