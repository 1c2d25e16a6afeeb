// SPDX-License-Identifier: Apache-2.0
#include "access/key_table.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>
#include <variant>

namespace trireme {
namespace {

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view TakeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Sees that no two lines have the same.
class Duplicates {
 public:
  Status Check(const KeyLine& line) {
    if (!names_.insert(line.name).second) return InvalidArgument("name: '" + line.name + "' is in a line above too");
    if (const auto* digest = std::get_if<Digest>(&line.proof)) {
      if (!digests_.insert(*digest).second) return InvalidArgument("proof: the same digest is in a line above too");
    } else if (!certificates_.insert(std::get<CertificateName>(line.proof).name).second) {
      return InvalidArgument("proof: the same certificate name is in a line above too");
    }
    return {};
  }

 private:
  std::set<std::string> names_;
  std::set<std::string> certificates_;
  std::set<Digest> digests_;
};

uint64_t FirstBytes(const Digest& digest) {
  uint64_t first = 0;
  std::memcpy(&first, digest.data(), sizeof first);
  return first;
}

Status Unauthenticated(std::string text) {
  return {StatusCode::kUnauthenticated, std::move(text)};
}

}  // namespace

Result<std::vector<KeyLine>> ParseKeyFile(std::string_view text, std::string_view file) {
  if (text.size() > kMaxKeyFileBytes) {
    return TooLarge(std::string(file) + ": expected at most " + std::to_string(kMaxKeyFileBytes) + " bytes, found " +
                    std::to_string(text.size()));
  }
  std::vector<KeyLine> lines;
  Duplicates duplicates;
  for (size_t number = 1; !text.empty(); ++number) {
    std::string_view line = TakeLine(text);
    line = line.substr(0, line.find('#'));
    if (IsBlank(line)) continue;
    const std::string where = std::string(file) + ":" + std::to_string(number);
    if (lines.size() == kMaxKeys) {
      return TooLarge(where + ": expected at most " + std::to_string(kMaxKeys) + " keys, found more");
    }
    Result<KeyLine> parsed = ParseKeyLine(line);
    if (!parsed.ok()) return std::move(parsed).status().Within(where);
    if (Status unique = duplicates.Check(*parsed); !unique.ok()) return std::move(unique).Within(where);
    lines.push_back(*std::move(parsed));
  }
  return lines;
}

KeyTable::KeyTable(const std::vector<KeyLine>& lines) {
  for (const KeyLine& line : lines) {
    const auto* digest = std::get_if<Digest>(&line.proof);
    if (digest != nullptr) {
      by_digest_.emplace(FirstBytes(*digest), holders_.size());
    } else {
      by_certificate_.emplace(std::get<CertificateName>(line.proof).name, holders_.size());
    }
    // Shared by everything that goes on in his name, also after the table has been replaced.
    auto grant = std::make_shared<const KeyGrant>(line.roles, line.models);
    holders_.push_back({.identity = {.principal = line.name, .tenant = line.tenant, .grant = std::move(grant)},
                        .digest = digest == nullptr ? Digest{} : *digest,
                        .expires = line.expires});
  }
}

const KeyTable::Holder* KeyTable::FindKey(std::string_view key) const {
  if (key.size() > kMaxShownKeyBytes) return nullptr;
  const Digest digest = Sha256(key);
  const auto [begin, end] = by_digest_.equal_range(FirstBytes(digest));
  for (auto candidate = begin; candidate != end; ++candidate) {
    const Holder& holder = holders_[candidate->second];
    if (AreEqual(holder.digest, digest)) return &holder;
  }
  return nullptr;
}

const KeyTable::Holder* KeyTable::FindCertificate(std::span<const std::string> names) const {
  for (const std::string& name : names) {
    const auto found = by_certificate_.find(name);
    if (found != by_certificate_.end()) return &holders_[found->second];
  }
  return nullptr;
}

Result<Identity> KeyTable::Find(const Credentials& credentials, std::chrono::system_clock::time_point now) const {
  const std::string_view key = ShownKey(credentials);
  const Holder* holder = nullptr;
  if (!key.empty()) {
    holder = FindKey(key);
    if (holder == nullptr) return Unauthenticated("this API key is not known");
  } else {
    holder = FindCertificate(credentials.certificate_names);
    if (holder == nullptr) {
      return Unauthenticated("expected an API key (Authorization: Bearer KEY, or X-Api-Key: KEY), found none");
    }
  }
  if (holder->expires && now >= *holder->expires) {
    return Unauthenticated("the key of '" + holder->identity.principal + "' expired on " +
                           FormatKeyDate(*holder->expires));
  }
  return holder->identity;
}

}  // namespace trireme
