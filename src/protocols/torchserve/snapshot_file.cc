// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/snapshot_file.h"

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "wire/torchserve/model_settings.h"
#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

// What was not said is found out again.
template <typename T>
std::optional<T> IfSaid(T value) {
  return value > T{} ? std::optional(value) : std::nullopt;
}

Snapshot SnapshotOf(const ModelBook& book, const std::string& name) {
  Snapshot snapshot{.name = name, .created = std::chrono::system_clock::now(), .models = {}};
  for (const std::string& model : book.Models()) {
    const std::string default_version = book.DefaultOf(model);
    for (const BookedVersion& version : book.VersionsOf(model)) {
      snapshot.models.push_back({.name = model,
                                 .version = version.version,
                                 .default_version = version.version == default_version,
                                 .mar_name = version.url,
                                 .min_workers = version.min_workers,
                                 .max_workers = version.max_workers,
                                 .batch_size = IfSaid(version.batch_size),
                                 .max_batch_delay = IfSaid(version.max_batch_delay),
                                 .response_timeout = version.response_timeout,
                                 .startup_timeout = version.startup_timeout});
    }
  }
  return snapshot;
}

std::string Preamble(const Options& options) {
  std::string text;
  AppendProperty(text, "model_store", options.model_store.string());
  AppendProperty(text, "enable_model_api", options.enable_model_api ? "true" : "false");
  return text;
}

}  // namespace

SnapshotFile::SnapshotFile(const Options& options) : path_(options.snapshot), preamble_(Preamble(options)) {}

Status SnapshotFile::Save(const ModelBook& book) {
  if (path_.empty()) return {};
  const MutexLock lock(mutex_);
  std::string text = preamble_;
  AppendProperty(text, "model_snapshot", EncodeSnapshot(SnapshotOf(book, path_.filename().string())));
  std::filesystem::path beside = path_;
  beside += ".new";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Unavailable("the snapshot '" + beside.string() + "' cannot be written");
  std::error_code error;
  std::filesystem::rename(beside, path_, error);
  if (error) return Unavailable("the snapshot '" + path_.string() + "' cannot be written: " + error.message());
  return {};
}

}  // namespace trireme::torchserve
