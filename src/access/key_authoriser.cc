// SPDX-License-Identifier: Apache-2.0
#include "access/key_authoriser.h"

#include <utility>
#include <vector>

#include "access/key_file.h"

namespace trireme {
namespace {

void Warn(const Logger& log, const std::filesystem::path& file, const KeyFile& read, size_t keys) {
  if (!read.warning.empty()) log.Warning("file of keys: " + read.warning, {{"file", file.string()}});
  if (keys == 0) log.Warning("file of keys: there is none in it, so nobody may do anything", {{"file", file.string()}});
}

}  // namespace

KeyAuthoriser::KeyAuthoriser(std::filesystem::path file, const Logger& log, WallClock clock)
    : file_(std::move(file)), log_(log), clock_(std::move(clock)) {}

Result<std::unique_ptr<KeyAuthoriser>> KeyAuthoriser::Load(std::filesystem::path file, const Logger& log,
                                                           WallClock clock) {
  ASSIGN_OR_RETURN(KeyFile read, ReadKeyFile(file));
  ASSIGN_OR_RETURN(const std::vector<KeyLine> lines, ParseKeyFile(read.text, file.string()));
  Warn(log, file, read, lines.size());
  // NOLINTNEXTLINE: make_unique cannot see the constructor
  std::unique_ptr<KeyAuthoriser> authoriser(new KeyAuthoriser(std::move(file), log, std::move(clock)));
  authoriser->table_.Publish(KeyTable(lines));
  authoriser->text_ = std::move(read.text);
  return authoriser;
}

Result<Identity> KeyAuthoriser::Authenticate(const Credentials& credentials) {
  Result<Identity> identity = table_.Read()->Find(credentials, clock_());
  if (!identity.ok()) unknown_.fetch_add(1, std::memory_order_relaxed);
  return identity;
}

void KeyAuthoriser::Refresh() {
  const auto fail = [&](const Status& why) {
    if (why.message() == trouble_) return;
    trouble_ = why.message();
    failures_.fetch_add(1, std::memory_order_relaxed);
    log_.Error("file of keys cannot be taken: those read before stay", {{"reason", trouble_}});
  };
  Result<KeyFile> read = ReadKeyFile(file_);
  if (!read.ok()) return fail(read.status());
  if (read->text == text_) {
    trouble_.clear();
    return;
  }
  const Result<std::vector<KeyLine>> lines = ParseKeyFile(read->text, file_.string());
  if (!lines.ok()) return fail(lines.status());
  table_.Publish(KeyTable(*lines));
  text_ = std::move(read->text);
  trouble_.clear();
  reloads_.fetch_add(1, std::memory_order_relaxed);
  log_.Info("file of keys read again", {{"file", file_.string()}, {"keys", lines->size()}});
  Warn(log_, file_, *read, lines->size());
}

KeyAuthoriser::Counts KeyAuthoriser::counts() const {
  return {.reloads = reloads_.load(std::memory_order_relaxed),
          .failures = failures_.load(std::memory_order_relaxed),
          .unknown = unknown_.load(std::memory_order_relaxed)};
}

}  // namespace trireme
