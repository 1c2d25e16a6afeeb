// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/authoriser.h"
#include "access/key_line.h"
#include "base/status.h"

namespace trireme {

inline constexpr size_t kMaxKeyFileBytes = 4 << 20;
inline constexpr size_t kMaxKeys = 10'000;

// The lines of a file of keys that hold one; blank lines, and what stands behind a '#', are passed over. Errors name
// `file`, the line and the field; two lines with the same name or the same proof are one.
Result<std::vector<KeyLine>> ParseKeyFile(std::string_view text, std::string_view file);

// Who holds which key. Immutable, so thread-safe. Knows digests of keys only.
class KeyTable {
 public:
  KeyTable() = default;
  explicit KeyTable(const std::vector<KeyLine>& lines);

  // Who shows these. A key decides where one is shown, else a name of his certificate. kUnauthenticated: nothing was
  // shown, or what nobody holds, or what has expired. The text repeats nothing that was shown.
  //
  // How long a look-up takes depends on the digest of what was shown alone, of which the caller knows nothing useful.
  Result<Identity> Find(const Credentials& credentials, std::chrono::system_clock::time_point now) const;

  size_t size() const { return holders_.size(); }

 private:
  struct Holder {
    Identity identity;
    Digest digest;  // of his key; of no use if he shows a certificate
    std::optional<std::chrono::sys_days> expires;
  };

  const Holder* FindKey(std::string_view key) const;
  const Holder* FindCertificate(std::span<const std::string> names) const;

  std::vector<Holder> holders_;
  std::unordered_multimap<uint64_t, size_t> by_digest_;  // by its first eight bytes
  std::map<std::string, size_t, std::less<>> by_certificate_;
};

}  // namespace trireme
