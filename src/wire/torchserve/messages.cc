// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/messages.h"

#include <algorithm>

#include "base/calendar.h"
#include "wire/torchserve/gson_writer.h"

namespace trireme::torchserve {
namespace {

constexpr int64_t kMostListed = 100;

std::string Body(GsonWriter& json) {
  return json.Take() + "\n";
}

void MaybeText(GsonWriter& json, std::string_view key, const std::optional<std::string>& text) {
  if (text) json.Key(key).Text(*text);
}

std::string EncodeList(std::string_view list, std::string_view name, std::string_view url,
                       const std::vector<ListedModel>& models, std::optional<int64_t> next_token) {
  GsonWriter json;
  json.BeginObject();
  if (next_token) json.Key("nextPageToken").Text(std::to_string(*next_token));
  json.Key(list).BeginArray();
  for (const ListedModel& model : models) {
    json.BeginObject().Key(name).Text(model.name).Key(url).Text(model.url).EndObject();
  }
  json.EndArray().EndObject();
  return Body(json);
}

void Write(GsonWriter& json, const WorkerDescription& worker) {
  json.BeginObject().Key("id").Text(worker.id).Key("startTime").Text(FormatUtc(worker.start_time));
  json.Key("status").Text(worker.is_ready ? "READY" : "UNLOADING");
  json.Key("memoryUsage").Integer(worker.memory_bytes).Key("pid").Integer(worker.process);
  json.Key("gpu").Bool(worker.on_gpu).Key("gpuUsage").Text(worker.gpu_usage).EndObject();
}

// Printed anew at its depth; what is no object is none.
void WriteMetadata(GsonWriter& json, std::string_view metadata) {
  std::string printed = PrintedByGson(metadata);
  if (!printed.starts_with('{')) printed = "{}";
  constexpr std::string_view kIndent = "    ";
  std::string indented;
  for (const char c : printed) {
    indented += c;
    if (c == '\n') indented += kIndent;
  }
  json.Key("customizedMetadata").Raw(indented);
}

void WriteSettings(GsonWriter& json, const ModelDescription& model) {
  json.Key("minWorkers").Integer(model.min_workers).Key("maxWorkers").Integer(model.max_workers);
  json.Key("batchSize").Integer(model.batch_size).Key("maxBatchDelay").Integer(model.max_batch_delay.count());
  json.Key("responseTimeout").Integer(model.response_timeout.count());
  json.Key("startupTimeout").Integer(model.startup_timeout.count());
  json.Key("maxRetryTimeoutInSec").Integer(model.max_retry_timeout.count());
  json.Key("clientTimeoutInMills").Integer(model.client_timeout.count());
  MaybeText(json, "parallelType", model.parallel_type);
  json.Key("parallelLevel").Integer(model.parallel_level);
  MaybeText(json, "deviceType", model.device_type);
  if (model.device_ids) {
    json.Key("deviceIds").BeginArray();
    for (const int64_t id : *model.device_ids) json.Integer(id);
    json.EndArray();
  }
  json.Key("continuousBatching").Bool(model.continuous_batching).Key("useJobTicket").Bool(model.use_job_ticket);
  json.Key("useVenv").Bool(model.use_venv).Key("stateful").Bool(model.stateful);
  json.Key("sequenceMaxIdleMSec").Integer(model.sequence_max_idle.count());
  json.Key("sequenceTimeoutMSec").Integer(model.sequence_timeout.count());
  json.Key("maxNumSequence").Integer(model.max_num_sequence);
  json.Key("maxSequenceJobQueueSize").Integer(model.max_sequence_job_queue_size);
}

void Write(GsonWriter& json, const ModelDescription& model) {
  json.BeginObject().Key("modelName").Text(model.name).Key("modelVersion").Text(model.version);
  json.Key("modelUrl").Text(model.url);
  MaybeText(json, "engine", model.engine);
  json.Key("runtime").Text(model.runtime);
  WriteSettings(json, model);
  MaybeText(json, "status", model.status);
  json.Key("loadedAtStartup").Bool(model.loaded_at_startup).Key("workers").BeginArray();
  for (const WorkerDescription& worker : model.workers) Write(json, worker);
  json.EndArray();
  if (model.job_queue) {
    json.Key("jobQueueStatus").BeginObject();
    json.Key("remainingCapacity").Integer(model.job_queue->remaining_capacity);
    json.Key("pendingRequests").Integer(model.job_queue->pending_requests).EndObject();
  }
  if (model.customized_metadata) WriteMetadata(json, *model.customized_metadata);
  json.EndObject();
}

}  // namespace

std::string_view WithoutNewline(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

std::string EncodeStatus(std::string_view status) {
  GsonWriter json;
  json.BeginObject().Key("status").Text(status).EndObject();
  return Body(json);
}

std::string EncodePing(bool is_healthy) {
  return EncodeStatus(is_healthy ? "Healthy" : "Unhealthy");
}

std::string EncodeReady(std::string_view model, bool is_ready) {
  GsonWriter json;
  json.BeginObject().Key("name").Text(model).Key("ready").Bool(is_ready).EndObject();
  return Body(json);
}

Page PageOf(size_t count, int64_t limit, int64_t token) {
  if (limit <= 0 || limit > kMostListed) limit = kMostListed;
  const auto begin = static_cast<size_t>(std::max<int64_t>(token, 0));
  const size_t end = begin + static_cast<size_t>(limit);
  if (end > count) return {.begin = std::min(begin, count), .end = count};
  return {.begin = begin, .end = end, .next_token = static_cast<int64_t>(end)};
}

std::string EncodeModelList(const std::vector<ListedModel>& models, std::optional<int64_t> next_token) {
  return EncodeList("models", "modelName", "modelUrl", models, next_token);
}

std::string EncodeWorkflowList(const std::vector<ListedModel>& workflows, std::optional<int64_t> next_token) {
  return EncodeList("workflows", "workflowName", "workflowUrl", workflows, next_token);
}

std::string EncodeDescriptions(const std::vector<ModelDescription>& models) {
  GsonWriter json;
  json.BeginArray();
  for (const ModelDescription& model : models) Write(json, model);
  json.EndArray();
  return Body(json);
}

}  // namespace trireme::torchserve
