// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"
#include "codec/sha256.h"

namespace trireme {

// What a token opens: running models, managing them, or nothing but the making of new ones.
enum class TokenKind : uint8_t { kInference, kManagement, kApi };

// TorchServe's scheme of keys: three random ones, made at the start and written into a file that the server's own user
// alone may read, once nothing else stands in the server's way: one that cannot start takes no other's file away. The
// first two open something until they expire, or until a new one is made in their place; whoever has the third may have
// that done. The file goes with the server.
//
// Thread-safe.
class TokenKeys {
 public:
  struct Options {
    std::filesystem::path file = "key_file.json";  // as TorchServe has it: of the working directory
    std::chrono::minutes expiration{60};
  };
  using WallClock = std::function<std::chrono::system_clock::time_point()>;

  // Makes the keys.
  explicit TokenKeys(Options options, WallClock clock = std::chrono::system_clock::now);
  ~TokenKeys();  // RemoveFile()
  TokenKeys(const TokenKeys&) = delete;
  TokenKeys& operator=(const TokenKeys&) = delete;

  // Writes the file, in the place of what lies there. kUnavailable: it cannot be written.
  Status Publish();

  // Which key it is; nothing: none that opens anything now. Takes the same time whatever it is.
  std::optional<TokenKind> Find(std::string_view key) const;

  // A new key in the place of one that opens models, and in the file, before it counts. kUnavailable: the file cannot
  // be written; then nothing changes. Takes time of the disk's.
  Status Renew(TokenKind kind);

  // If it is still what was written. The keys go on.
  void RemoveFile();

 private:
  struct Token {
    std::string key;
    Digest digest{};
    std::optional<std::chrono::system_clock::time_point> expires;  // nothing: never
  };
  using Tokens = std::array<Token, 3>;  // by TokenKind

  Token NewToken(TokenKind kind) const;
  static std::string TextOf(const Tokens& tokens);

  const Options options_;
  const WallClock clock_;
  Mutex write_mutex_;  // one writes at a time, and what is newer last
  mutable Mutex mutex_;
  Tokens tokens_ GUARDED_BY(mutex_);
};

}  // namespace trireme
