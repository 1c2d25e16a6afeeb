// SPDX-License-Identifier: Apache-2.0
#include "repository/fingerprint.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <concepts>
#include <string>

#include "repository/folder.h"
#include "repository/recorded_requests.h"
#include "repository/version_files.h"
#include "repository/warmup_bytes.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 8;
constexpr int kMaxFiles = 10000;

// FNV-1a. Texts carry their lengths, so that two do not run into one.
class Hash {
 public:
  void Add(std::integral auto value) {
    auto bits = static_cast<uint64_t>(value);
    for (int i = 0; i < 8; ++i, bits >>= 8) AddByte(static_cast<uint8_t>(bits));
  }
  void Add(std::string_view text) {
    Add(text.size());
    for (const char c : text) AddByte(static_cast<uint8_t>(c));
  }
  uint64_t value() const { return value_; }

  // Of the files that were added.
  uint64_t file_bytes() const { return file_bytes_; }
  void CountBytes(uint64_t bytes) { file_bytes_ += bytes; }

 private:
  void AddByte(uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  uint64_t value_ = 0xcbf29ce484222325;
  uint64_t file_bytes_ = 0;
};

// Who may read it: a model that failed because the server may not is tried again when it may.
void AddRights(const struct stat& found, Hash& hash) {
  hash.Add(found.st_mode);
  hash.Add(found.st_uid);
  hash.Add(found.st_gid);
}

void AddFile(const fs::path& file, Hash& hash) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return;
  AddRights(found, hash);
  hash.Add(file.native());
  hash.Add(found.st_size);
  hash.Add(found.st_mtim.tv_sec);
  hash.Add(found.st_mtim.tv_nsec);
  hash.Add(found.st_ino);
  hash.Add(found.st_dev);
  hash.CountBytes(static_cast<uint64_t>(found.st_size));
}

// A folder that nobody lets us read stays as it is; one that we may read, and cannot, is another one next time.
Status AddFolder(const fs::path& folder, const std::string& prefix, int depth, int& files_left, Hash& hash) {
  struct stat found {};
  if (stat(folder.c_str(), &found) == 0) AddRights(found, hash);
  const auto inside = ListFolder(folder);
  if (!inside.ok()) {
    return faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) == 0 ? inside.status() : Status();
  }
  for (const fs::path& path : *inside) {
    const std::string name = prefix + path.filename().string();
    if (name == kManifestName) continue;    // what it lists is looked at itself
    if (IsRecordedRequest(name)) continue;  // no part of the model
    if (files_left-- <= 0) return {};
    if (KindOf(path) != PathKind::kFolder) {
      AddFile(path, hash);
    } else if (depth < kMaxDepth) {
      hash.Add(path.native());
      RETURN_IF_ERROR(AddFolder(path, name + "/", depth + 1, files_left, hash));
    }
  }
  return {};
}

// Of a file among other models: what exporters call the data beside it.
void AddExternalData(const fs::path& file, Hash& hash) {
  for (const char* ending : {".data", "_data"}) AddFile(fs::path(file) += ending, hash);
  AddFile(fs::path(file).replace_extension(".data"), hash);
}

// Why some cannot be read is said when they are to be run. Returns the bytes of the largest.
uint64_t AddRecordedRequests(const ModelEntry& entry, const fs::path& version_folder, Hash& hash) {
  const auto files = FindRecordedRequests(entry, version_folder);
  if (!files.ok()) return 0;
  uint64_t largest = 0;
  for (const fs::path& file : *files) {
    const uint64_t before = hash.file_bytes();
    hash.Add(file.native());  // a link that leads nowhere is no file, and all the same not nothing
    AddFile(file, hash);
    largest = std::max(largest, hash.file_bytes() - before);
  }
  return std::min<uint64_t>(largest, kMostRecordedBytes);
}

// They are run one after the other. Beside its text a recorded request has its tensors, of at most four bytes for each
// of the text: "1," is an INT64.
uint64_t WarmupBytesOf(const ModelConfig& config, uint64_t largest_recorded) {
  uint64_t most = 5 * largest_recorded;
  for (const WarmupSample& sample : config.warmup) {
    int64_t bytes = 0;
    for (const auto& [name, input] : sample.inputs) {
      bytes += WarmupBytes(input.type, input.dims, sample.rows).value_or(0);
    }
    most = std::max(most, static_cast<uint64_t>(bytes));
  }
  return most;
}

void AddPolicy(const QueuePolicy& policy, Hash& hash) {
  hash.Add(static_cast<int>(policy.timeout_action));
  hash.Add(policy.timeout.count());
  hash.Add(policy.allow_timeout_override);
  hash.Add(policy.max_waiting_requests);
}

void AddWarmup(const WarmupSample& sample, Hash& hash) {
  hash.Add(sample.name);
  hash.Add(sample.rows);
  hash.Add(sample.count);
  hash.Add(sample.inputs.size());
  for (const auto& [name, input] : sample.inputs) {
    hash.Add(name);
    hash.Add(static_cast<int>(input.type));
    hash.Add(input.dims.ToString());
    hash.Add(static_cast<int>(input.fill));
    hash.Add(input.file.native());
    if (!input.file.empty()) AddFile(input.file, hash);
  }
}

// How a backend is to open it.
void AddOpening(const ModelEntry& entry, Hash& hash) {
  const ModelConfig& config = entry.config;
  hash.Add(config.copies.size());
  for (const DeviceWish& copy : config.copies) {
    hash.Add(static_cast<int>(copy.kind));
    hash.Add(copy.device.ToString());
  }
  hash.Add(config.threads);
  hash.Add(config.instances);  // decides the threads where nobody else does
  hash.Add(config.graph_optimization.has_value());
  hash.Add(config.graph_optimization.value_or(0));
  hash.Add(config.runtime_parameters.size());
  for (const auto& [key, value] : config.runtime_parameters) {
    hash.Add(key);
    hash.Add(value);
  }
  for (const std::string& input : entry.declared.optional_inputs()) hash.Add(input);
  hash.Add(OpeningWords(entry.path, entry.declared));
}

void AddConfig(const ModelConfig& config, Hash& hash) {
  hash.Add(config.max_rows);
  hash.Add(config.max_request_rows);
  hash.Add(config.preferred_rows.size());
  for (const int64_t rows : config.preferred_rows) hash.Add(rows);
  hash.Add(config.max_delay.count());
  hash.Add(config.max_waiting_requests);
  hash.Add(config.max_waiting_bytes);
  hash.Add(config.goal ? ToString(*config.goal) : "");
  hash.Add(std::bit_cast<uint64_t>(config.weight));
  hash.Add(config.cache_bytes);
  hash.Add(config.run_inline);
  hash.Add(config.decoupled);
  hash.Add(config.preserve_ordering);
  hash.Add(config.priority_levels);
  hash.Add(config.default_priority);
  AddPolicy(config.queue_policy, hash);
  hash.Add(config.level_policies.size());
  for (const auto& [level, policy] : config.level_policies) {
    hash.Add(level);
    AddPolicy(policy, hash);
  }
  hash.Add(config.warmup.size());
  for (const WarmupSample& sample : config.warmup) AddWarmup(sample, hash);
}

}  // namespace

Result<Fingerprint> FingerprintOf(const ModelEntry& entry, const fs::path& version_folder, uint64_t config_hash) {
  Hash hash;
  hash.Add(entry.path.native());
  AddFile(entry.path, hash);
  uint64_t counted_twice = 0;  // the model file, which lies in the folder
  if (version_folder.empty()) {
    AddExternalData(entry.path, hash);
  } else {
    counted_twice = hash.file_bytes();
    int files_left = kMaxFiles;
    RETURN_IF_ERROR(AddFolder(version_folder, "", 0, files_left, hash));
  }
  const uint64_t file_bytes = hash.file_bytes() - counted_twice;
  AddOpening(entry, hash);
  const uint64_t weights = entry.backend.empty() ? hash.value() : 0;  // without a file it has none
  for (const DeclaredTensor& output : entry.declared.outputs) {
    if (!output.label_file.empty() && !entry.folder.empty()) AddFile(entry.folder / output.label_file, hash);
  }
  if (entry.transform.answer && !entry.transform.answer->names_file.empty()) {
    AddFile(entry.folder / entry.transform.answer->names_file, hash);
  }
  const uint64_t largest = AddRecordedRequests(entry, version_folder, hash);
  hash.Add(config_hash);
  AddConfig(entry.config, hash);
  return Fingerprint{.value = hash.value(),
                     .weights = weights,
                     .file_bytes = file_bytes,
                     .warmup_bytes = WarmupBytesOf(entry.config, largest)};
}

uint64_t HashOf(std::string_view text) {
  Hash hash;
  hash.Add(text);
  return hash.value();
}

}  // namespace trireme
