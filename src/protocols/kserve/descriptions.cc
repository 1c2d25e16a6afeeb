// SPDX-License-Identifier: Apache-2.0
#include "protocols/kserve/descriptions.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/calendar.h"
#include "base/version.h"

namespace trireme::kserve {
namespace {

// The words of Triton's index, which know fewer states than there are.
std::string IndexState(ModelState state) {
  switch (state) {
    case ModelState::kFound:
    case ModelState::kAdmitted:
    case ModelState::kLoading:
    case ModelState::kWarmingUp:
      return "LOADING";
    case ModelState::kReady:
      return "READY";
    case ModelState::kDraining:
      return "UNLOADING";
    case ModelState::kRetired:
    case ModelState::kFailed:
    case ModelState::kOnDemand:
    case ModelState::kAwaited:
      return "UNAVAILABLE";
  }
  return "UNKNOWN";
}

// Nothing of what was never in any state.
std::string IndexTime(std::chrono::system_clock::time_point time) {
  return time == std::chrono::system_clock::time_point() ? std::string() : FormatUtc(time);
}

std::optional<IndexEntry::Origin> IndexOrigin(const std::optional<Provenance>& provenance) {
  if (!provenance) return std::nullopt;
  return IndexEntry::Origin{.source = provenance->source,
                            .digest = provenance->digest,
                            .loaded_at = FormatUtc(provenance->loaded_at),
                            .load_seconds = std::chrono::duration<double>(provenance->load_took).count()};
}

}  // namespace

ServerMetadata DescribeServer(const InferServices& services) {
  using Kind = SharedMemoryRegions::Kind;
  // In Triton's words and order: clients look for some of them.
  ServerMetadata metadata{.name = services.server_name,
                          .version = kVersion,
                          .extensions = {"classification", "model_repository", "model_repository(unload_dependents)",
                                         "schedule_policy", "model_configuration"}};
  std::vector<std::string>& extensions = metadata.extensions;
  if (services.shared_memory.Serves(Kind::kSystem)) extensions.emplace_back("system_shared_memory");
  if (services.shared_memory.Serves(Kind::kCuda)) extensions.emplace_back("cuda_shared_memory");
  for (const char* always : {"binary_tensor_data", "parameters", "statistics", "trace", "logging"}) {
    extensions.emplace_back(always);
  }
  return metadata;
}

Result<ModelMetadata> DescribeModel(const Engine& engine, std::string_view name, const VersionChoice& version) {
  ASSIGN_OR_RETURN(ModelDescription model, engine.Describe(name, version));
  ModelMetadata metadata{.name = std::move(model.name),
                         .versions = {},
                         .platform = std::move(model.platform),
                         .signature = std::move(model.signature)};
  for (const int64_t number : model.versions) metadata.versions.push_back(std::to_string(number));
  return metadata;
}

Result<ModelConfigParts> DescribeConfig(const Engine& engine, std::string_view name, const VersionChoice& version) {
  ASSIGN_OR_RETURN(ModelDescription model, engine.Describe(name, version));
  return ModelConfigParts{.message = model.config_message ? *model.config_message : std::string(),
                          .name = std::move(model.name),
                          .platform = std::move(model.platform),
                          .backend = std::move(model.backend),
                          .file_name = std::move(model.file_name),
                          .signature = std::move(model.signature),
                          .config = std::move(model.config),
                          .declared_max_batch_size = model.declared.max_batch_size};
}

namespace {

std::vector<StatisticsEntry::GpuMemory> GpuMemoryOf(const DeviceBytes& memory) {
  std::vector<StatisticsEntry::GpuMemory> gpus;
  for (const auto& [name, bytes] : memory.by_device()) {
    const Result<Device> device = Device::Parse(name);
    if (!device.ok() || device->kind == DeviceKind::kCpu) continue;
    gpus.push_back({.id = device->index, .bytes = bytes});
  }
  return gpus;
}

}  // namespace

Result<std::vector<StatisticsEntry>> DescribeStatistics(const Engine& engine, const Identity& identity,
                                                        std::string_view name, const VersionChoice& version) {
  ASSIGN_OR_RETURN(std::vector<ModelReport> reports, engine.Statistics(name, version));
  std::vector<StatisticsEntry> entries;
  entries.reserve(reports.size());
  for (ModelReport& report : reports) {
    if (!identity.Sees(report.id.name)) continue;
    entries.push_back({.name = std::move(report.id.name),
                       .version = std::to_string(report.id.version),
                       .statistics = std::move(report.statistics),
                       .memory_bytes = report.memory.On(Device().ToString()),
                       .gpu_memory = GpuMemoryOf(report.memory)});
  }
  return entries;
}

std::vector<IndexEntry> DescribeIndex(const Engine& engine, const Identity& identity, const IndexRequest& request) {
  std::vector<IndexEntry> entries;
  for (ModelStatus& status : engine.Index()) {
    if (request.ready_only && status.state != ModelState::kReady) continue;
    if (!identity.Sees(status.id.name)) continue;
    entries.push_back({.name = std::move(status.id.name),
                       .version = status.id.version > 0 ? std::to_string(status.id.version) : "",
                       .state = IndexState(status.state),
                       .reason = status.remark(),
                       .since = IndexTime(status.since),
                       .labels = std::move(status.labels),
                       .pinned = status.pinned,
                       .memory_bytes = status.memory.total(),
                       .device = status.memory.devices(),
                       .origin = IndexOrigin(status.provenance)});
  }
  return entries;
}

}  // namespace trireme::kserve
