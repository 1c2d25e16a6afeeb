// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "protocols/torchserve/manage.h"
#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

using WireDescription = torchserve::ModelDescription;
using EngineDescription = trireme::ModelDescription;

constexpr int64_t kFirstWorker = 9000;

// What the engine knows of a version; either may be missing.
struct Known {
  std::optional<ModelStatus> status;
  std::optional<EngineDescription> description;
};

using Statuses = std::vector<ModelStatus>;

// `statuses`: all that the engine knows.
Known Look(const Services& services, const Statuses& statuses, const std::string& engine_name,
           const VersionChoice& version) {
  Known known;
  if (Result<EngineDescription> found = services.engine.Describe(engine_name, version); found.ok()) {
    known.description = *std::move(found);
  }
  for (const ModelStatus& status : statuses) {
    if (status.id.name != engine_name) continue;
    if (version.number && status.id.version != *version.number) continue;
    if (!known.status || status.state == ModelState::kReady) known.status = status;
  }
  return known;
}

bool IsReady(const Known& known) {
  return known.status && (known.status->state == ModelState::kReady || known.status->state == ModelState::kOnDemand);
}

int64_t BytesOf(const ModelStatus& status) {
  return static_cast<int64_t>(status.memory.total());
}

// Callers of one model, as the workers that they stand for.
std::vector<WorkerDescription> WorkersOf(const Known& known, int64_t most) {
  std::vector<WorkerDescription> workers;
  if (!IsReady(known) || !known.description) return workers;
  const ModelConfig& config = known.description->config;
  const bool on_gpu =
      std::ranges::any_of(config.devices, [](const Device& device) { return device.kind != DeviceKind::kCpu; });
  const int64_t count = std::min<int64_t>(config.instances, most);
  for (int64_t i = 0; i < count; ++i) {
    workers.push_back({.id = std::to_string(kFirstWorker + i),
                       .start_time = known.status->since,
                       .is_ready = true,
                       .memory_bytes = BytesOf(*known.status),
                       .process = getpid(),
                       .on_gpu = on_gpu});
  }
  return workers;
}

void FillFromEngine(WireDescription& wire, const Known& known, int64_t most_workers) {
  wire.workers = WorkersOf(known, most_workers);
  if (!known.description) return;
  const ModelConfig& config = known.description->config;
  wire.engine = known.description->platform;
  wire.batch_size = std::max<int64_t>(config.max_rows, 1);
  wire.max_batch_delay = std::chrono::duration_cast<std::chrono::milliseconds>(config.max_delay);
  const bool on_gpu = !config.devices.empty() && config.devices.front().kind != DeviceKind::kCpu;
  wire.device_type = on_gpu ? "gpu" : "cpu";
  const auto waiting = static_cast<int64_t>(known.description->waiting);
  const int64_t room = static_cast<int64_t>(config.max_waiting_requests) - waiting;
  wire.job_queue = {.remaining_capacity = std::max<int64_t>(room, 0), .pending_requests = waiting};
}

WireDescription OfBooked(const Services& services, const Statuses& statuses, const std::string& model,
                         const BookedVersion& booked) {
  WireDescription wire{.name = model, .version = booked.version, .url = booked.url};
  wire.runtime = booked.runtime;
  wire.min_workers = booked.min_workers;
  wire.max_workers = booked.max_workers;
  wire.response_timeout = booked.response_timeout;
  wire.startup_timeout = booked.startup_timeout.value_or(wire.startup_timeout);
  wire.client_timeout = booked.client_timeout;
  wire.loaded_at_startup = booked.loaded_at_startup;
  FillFromEngine(wire, Look(services, statuses, booked.engine_name, {}), booked.min_workers);
  return wire;
}

// "zz.mar": what a version that serves was loaded from; of others what was tried.
std::string FileOf(const ModelStatus& status) {
  if (!status.provenance) return status.file;
  return std::filesystem::path(status.provenance->source).filename().string();
}

// Of a repository's model: all of its callers are there from the start.
WireDescription OfVersion(const Services& services, const Statuses& statuses, const std::string& model,
                          int64_t version) {
  const Known known = Look(services, statuses, model, version);
  WireDescription wire{.name = model, .version = TextOfVersion(version), .url = {}};
  if (known.status) wire.url = FileOf(*known.status);
  if (known.description) {
    if (!known.status || !known.status->provenance) wire.url = known.description->file_name;
    wire.min_workers = wire.max_workers = known.description->config.instances;
  }
  if (known.status && !known.status->reason.empty()) wire.status = known.status->reason;
  wire.loaded_at_startup = true;
  FillFromEngine(wire, known, std::numeric_limits<int64_t>::max());
  return wire;
}

// Of what lies in a repository and could not even be given a version: why.
std::optional<WireDescription> OfUnreadable(const Statuses& statuses, const std::string& model) {
  const auto found = std::ranges::find_if(statuses, [&](const ModelStatus& status) {
    return status.id == ModelId{model, 0} && status.state == ModelState::kFailed;
  });
  if (found == statuses.end()) return std::nullopt;
  WireDescription wire{.name = model, .version = TextOfVersion(1), .url = found->file};
  wire.status = found->reason;
  return wire;
}

std::vector<int64_t> VersionsOf(const Statuses& statuses, const std::string& model) {
  std::vector<int64_t> versions;
  for (const ModelStatus& status : statuses) {
    const bool is_one = status.id.name == model && status.id.version > 0 && status.state != ModelState::kRetired;
    if (is_one) versions.push_back(status.id.version);
  }
  std::ranges::sort(versions);
  return versions;
}

using Descriptions = std::variant<std::vector<WireDescription>, Failure>;

Descriptions DescribeBooked(const Services& services, const std::string& model, const std::string& version) {
  std::vector<WireDescription> wires;
  const Statuses statuses = services.engine.Index();
  if (version == "all") {
    for (const BookedVersion& booked : services.book.VersionsOf(model)) {
      wires.push_back(OfBooked(services, statuses, model, booked));
    }
    return wires;
  }
  const std::optional<BookedVersion> booked = services.book.VersionOf(model, version);
  if (!booked) return VersionNotFound(model, version);
  wires.push_back(OfBooked(services, statuses, model, *booked));
  return wires;
}

Descriptions DescribeOther(const Services& services, const std::string& model, const std::string& version) {
  const Statuses statuses = services.engine.Index();
  const std::vector<int64_t> versions = VersionsOf(statuses, model);
  if (services.book.Holds(model)) return ModelNotFound(model);
  std::vector<WireDescription> wires;
  if (versions.empty()) {
    std::optional<WireDescription> unreadable = OfUnreadable(statuses, model);
    if (!unreadable) return ModelNotFound(model);
    wires.push_back(*std::move(unreadable));
    return wires;
  }
  if (version == "all") {
    for (const int64_t number : versions) wires.push_back(OfVersion(services, statuses, model, number));
    return wires;
  }
  std::string wanted = version.empty() ? services.book.DefaultOf(model) : version;
  if (wanted.empty()) wanted = TextOfVersion(versions.back());
  const std::optional<int64_t> number = NumberOfVersion(wanted);
  if (!number || std::ranges::find(versions, *number) == versions.end()) return VersionNotFound(model, version);
  wires.push_back(OfVersion(services, statuses, model, *number));
  return wires;
}

}  // namespace

std::variant<std::string, Failure> Describe(const Services& services, const std::string& model,
                                            const std::string& version, bool customized) {
  const bool is_booked = !services.book.VersionsOf(model).empty();
  Descriptions found = is_booked ? DescribeBooked(services, model, version) : DescribeOther(services, model, version);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return *failure;
  auto& wires = std::get<std::vector<WireDescription>>(found);
  for (WireDescription& wire : wires) {
    if (!customized) continue;
    if (wire.workers.empty()) {
      return Failure{.type = ErrorType::kServiceUnavailable,
                     .message = "Model \"" + model +
                                "\" has no worker to serve describe request. Please use scale workers API to add "
                                "workers."};
    }
    wire.customized_metadata = "{}";
  }
  return EncodeDescriptions(wires);
}

std::string List(const Services& services, const ListRequest& request, const Identity& identity) {
  std::map<std::string, std::string> urls;
  for (const std::string& model : services.book.Models()) {
    const std::optional<BookedVersion> booked = services.book.VersionOf(model, {});
    if (booked) urls.emplace(model, booked->url);
  }
  for (const ModelStatus& status : services.engine.Index()) {
    if (status.state == ModelState::kRetired || services.book.Holds(status.id.name)) continue;
    urls.emplace(status.id.name, FileOf(status));
  }
  std::vector<ListedModel> models;
  for (const auto& [name, url] : urls) {
    if (identity.Sees(name)) models.push_back({.name = name, .url = url});
  }
  const Page page = PageOf(models.size(), request.limit, request.next_page_token);
  const auto begin = models.begin();
  return EncodeModelList({begin + static_cast<ptrdiff_t>(page.begin), begin + static_cast<ptrdiff_t>(page.end)},
                         page.next_token);
}

}  // namespace trireme::torchserve
