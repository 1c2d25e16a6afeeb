// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/snapshot_file.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "wire/torchserve/model_settings.h"
#include "wire/torchserve/properties.h"

namespace trireme::torchserve {
namespace {

// What was not said is found out again.
template <typename T>
std::optional<T> IfSaid(T value) {
  return value > T{} ? std::optional(value) : std::nullopt;
}

// Versions of one model stand together. The models of a workflow come again with it.
Snapshot SnapshotOf(const ModelBook& book, const WorkflowBook& workflows, const std::string& name) {
  Snapshot snapshot{
      .name = name, .created = std::chrono::system_clock::now(), .models = book.Kept(), .workflows = workflows.Kept()};
  for (const std::shared_ptr<const Workflow>& workflow : workflows.All()) {
    snapshot.workflows.push_back({.name = workflow->name, .url = workflow->url});
  }
  for (const std::string& model : book.Models()) {
    if (workflows.HolderOf(model)) continue;
    const std::string default_version = book.DefaultOf(model);
    for (const BookedVersion& version : book.VersionsOf(model)) {
      snapshot.models.push_back(SettingsOf(model, version, version.version == default_version));
    }
  }
  std::ranges::stable_sort(snapshot.models, {}, &ModelSettings::name);
  std::ranges::stable_sort(snapshot.workflows, {}, &WorkflowToLoad::name);
  return snapshot;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ",") + text;
  return joined;
}

std::string Preamble(const Options& options) {
  std::string text;
  AppendProperty(text, "model_store", options.model_store.string());
  if (!options.workflow_store.empty()) AppendProperty(text, "workflow_store", options.workflow_store.string());
  AppendProperty(text, "enable_model_api", options.enable_model_api ? "true" : "false");
  if (options.default_workers_per_model) {
    AppendProperty(text, "default_workers_per_model", std::to_string(*options.default_workers_per_model));
  }
  if (options.allowed_urls) AppendProperty(text, "allowed_urls", Joined(options.allowed_urls->patterns()));
  if (options.job_queue_size != Options().job_queue_size) {
    AppendProperty(text, "job_queue_size", std::to_string(options.job_queue_size));
  }
  if (options.metrics_mode == MetricsMode::kLog) AppendProperty(text, "metrics_mode", "log");
  return text;
}

}  // namespace

ModelSettings SettingsOf(const std::string& model, const BookedVersion& booked, bool is_default) {
  return {.name = model,
          .version = booked.version,
          .default_version = is_default,
          // What was downloaded lies in the store by then.
          .mar_name = booked.is_downloaded ? booked.path.filename().string() : booked.url,
          .min_workers = booked.min_workers,
          .max_workers = booked.max_workers,
          .batch_size = IfSaid(booked.batch_size),
          .max_batch_delay = IfSaid(booked.max_batch_delay),
          .response_timeout = booked.response_timeout,
          .startup_timeout = booked.startup_timeout,
          .engine_name = booked.engine_name == model ? std::nullopt : std::optional(booked.engine_name)};
}

SnapshotFile::SnapshotFile(const Options& options) : path_(options.snapshot), preamble_(Preamble(options)) {
  if (is_wanted()) writer_.emplace(ThreadPool::Options{.name = "snapshot", .threads = 1, .max_waiting = 1});
}

void SnapshotFile::SaveSoon(std::function<void()> save) {
  if (!writer_) return;
  const MutexLock lock(due_mutex_);
  if (is_due_) return;
  is_due_ = writer_->Submit([this, save = std::move(save)] {
    {
      const MutexLock no_longer(due_mutex_);
      is_due_ = false;
    }
    save();
  });
}

Status SnapshotFile::Save(const ModelBook& book, const WorkflowBook& workflows) {
  if (path_.empty()) return {};
  const MutexLock lock(mutex_);
  const Snapshot snapshot = SnapshotOf(book, workflows, path_.filename().string());
  std::string text = preamble_;
  AppendProperty(text, "model_snapshot", EncodeSnapshot(snapshot));
  const bool fits = snapshot.models.size() <= kMaxModelSettings && snapshot.workflows.size() <= kMaxModelSettings &&
                    text.size() <= kMaxPropertiesBytes;
  if (!fits)
    return Unavailable("the snapshot '" + path_.string() + "' stays as it is: there is more than can be read back");
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
