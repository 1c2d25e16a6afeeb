// SPDX-License-Identifier: Apache-2.0
#include "access/token_keys.h"

#include <system_error>
#include <utility>

#include "access/authoriser.h"
#include "access/key_file.h"
#include "access/new_key.h"
#include "base/calendar.h"

namespace trireme {
namespace {

constexpr std::array<TokenKind, 3> kKinds = {TokenKind::kInference, TokenKind::kManagement, TokenKind::kApi};

// Keys and times have no letters that JSON would want escaped.
std::string Member(std::string_view name, const std::string& key,
                   const std::optional<std::chrono::system_clock::time_point>& expires) {
  std::string text = "  \"" + std::string(name) + "\": {\n    \"key\": \"" + key + "\"";
  if (expires) text += ",\n    \"expiration time\": \"" + FormatUtc(*expires) + "\"";
  return text + "\n  }";
}

// A process may go to another folder later.
TokenKeys::Options WithWholePath(TokenKeys::Options options) {
  std::error_code error;
  options.file = std::filesystem::absolute(options.file, error);
  return options;
}

}  // namespace

TokenKeys::TokenKeys(Options options, WallClock clock)
    : options_(WithWholePath(std::move(options))), clock_(std::move(clock)) {
  const MutexLock lock(mutex_);
  for (const TokenKind kind : kKinds) tokens_.at(static_cast<size_t>(kind)) = NewToken(kind);
}

Status TokenKeys::Publish() {
  const MutexLock writing(write_mutex_);
  std::string text;
  {
    const MutexLock lock(mutex_);
    text = TextOf(tokens_);
  }
  return WriteOwnKeyFile(options_.file, text);
}

TokenKeys::~TokenKeys() {
  RemoveFile();
}

void TokenKeys::RemoveFile() {
  const MutexLock writing(write_mutex_);
  const Result<KeyFile> there = ReadKeyFile(options_.file);
  const MutexLock lock(mutex_);
  if (!there.ok() || there->text != TextOf(tokens_)) return;  // another server's by now, or nobody's
  std::error_code error;
  std::filesystem::remove(options_.file, error);
}

TokenKeys::Token TokenKeys::NewToken(TokenKind kind) const {
  Token token{.key = NewKey(), .expires = std::nullopt};
  token.digest = Sha256(token.key);
  if (kind != TokenKind::kApi) token.expires = clock_() + options_.expiration;
  return token;
}

std::string TokenKeys::TextOf(const Tokens& tokens) {
  const auto member = [&](std::string_view name, TokenKind kind) {
    const Token& token = tokens.at(static_cast<size_t>(kind));
    return Member(name, token.key, token.expires);
  };
  return "{\n" + member("management", TokenKind::kManagement) + ",\n" + member("inference", TokenKind::kInference) +
         ",\n" + member("API", TokenKind::kApi) + "\n}\n";
}

std::optional<TokenKind> TokenKeys::Find(std::string_view key) const {
  if (key.empty() || key.size() > kMaxShownKeyBytes) return std::nullopt;
  const Digest digest = Sha256(key);
  const auto now = clock_();
  std::optional<TokenKind> found;
  const MutexLock lock(mutex_);
  for (const TokenKind kind : kKinds) {
    const Token& token = tokens_.at(static_cast<size_t>(kind));
    if (AreEqual(token.digest, digest) && (!token.expires || now < *token.expires)) found = kind;
  }
  return found;
}

Status TokenKeys::Renew(TokenKind kind) {
  const MutexLock writing(write_mutex_);
  Tokens tokens;
  {
    const MutexLock lock(mutex_);
    tokens = tokens_;
  }
  tokens.at(static_cast<size_t>(kind)) = NewToken(kind);
  RETURN_IF_ERROR(WriteOwnKeyFile(options_.file, TextOf(tokens)));
  const MutexLock lock(mutex_);
  tokens_ = std::move(tokens);
  return {};
}

}  // namespace trireme
