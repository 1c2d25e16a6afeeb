// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/calendar.h"
#include "base/log.h"
#include "codec/json_writer.h"
#include "wire/admin/listing.h"

namespace trireme::admin {
namespace {

// An object that is being written.
class Object {
 public:
  Object& Text(std::string_view name, std::string_view text) {
    Begin(name);
    AppendJsonString(json_, text);
    return *this;
  }
  template <typename T>
  Object& Number(std::string_view name, T number) {
    Begin(name);
    AppendJsonNumber(json_, number);
    return *this;
  }
  Object& Bool(std::string_view name, bool value) { return Raw(name, value ? "true" : "false"); }
  Object& Raw(std::string_view name, std::string_view json) {
    Begin(name);
    json_ += json;
    return *this;
  }
  std::string Done() { return json_ + "}"; }

 private:
  void Begin(std::string_view name) {
    if (json_.size() > 1) json_ += ',';
    AppendJsonString(json_, name);
    json_ += ':';
  }

  std::string json_ = "{";
};

template <typename List, typename ToJson>
std::string Array(const List& list, ToJson to_json) {
  std::string json = "[";
  for (const auto& each : list) json += (json.size() > 1 ? "," : "") + to_json(each);
  return json + "]";
}

std::string Quoted(std::string_view text) {
  std::string json;
  AppendJsonString(json, text);
  return json;
}

std::string Json(const Origin& origin) {
  Object object;
  object.Text("source", origin.source);
  if (!origin.digest.empty()) object.Text("digest", origin.digest);
  object.Text("loaded_at", FormatUtc(origin.loaded_at)).Number("load_seconds", origin.load_took.count());
  return object.Done();
}

std::string Json(const RunTimeEntry& run) {
  return Object()
      .Number("rows", run.rows)
      .Bool("wide", run.wide)
      .Number("input_bytes", run.input_bytes)
      .Number("seconds", run.typical.count())
      .Number("p90_seconds", run.most.count())
      .Number("runs", run.runs)
      .Done();
}

std::string Json(const Running& running) {
  Object object;
  if (!running.goal.empty()) {
    object.Text("slo", running.goal).Number("margin", running.margin).Number("late_ratio", running.late_share);
  }
  object.Number("late", running.late)
      .Number("predicted_late", running.predicted_late)
      .Number("prediction_error_p90", running.prediction_error_p90)
      .Number("instances", running.instances)
      .Number("threads", running.threads)
      .Number("weight", running.weight)
      .Number("batch_rows", running.batch_rows)
      .Bool("has_wide", running.has_wide)
      .Bool("wide", running.is_wide)
      .Number("company", running.company)
      .Number("rows_per_second", running.rows_per_second)
      .Number("runs", running.runs);
  if (running.max_rows > 0) object.Number("max_rows", running.max_rows);
  if (!running.why_no_more_rows.empty()) object.Text("why_no_more_rows", running.why_no_more_rows);
  object.Raw("run_times", Array(running.run_times, [](const RunTimeEntry& run) { return Json(run); }));
  return object.Done();
}

// What is not known is left out.
std::string Json(const ModelEntry& model) {
  Object object;
  object.Text("name", model.name);
  if (model.version > 0) object.Number("version", model.version);
  object.Text("state", model.state);
  if (!model.reason.empty()) object.Text("reason", model.reason);
  if (!model.note.empty()) object.Text("note", model.note);
  if (model.since != decltype(model.since)()) object.Text("since", FormatUtc(model.since));
  object.Raw("labels", Array(model.labels, Quoted)).Bool("pinned", model.pinned);
  if (model.memory_bytes > 0) object.Number("memory_bytes", model.memory_bytes);
  if (!model.device.empty()) object.Text("device", model.device);
  object.Number("requests", model.requests);
  if (model.since_last_use) object.Number("seconds_since_last_use", model.since_last_use->count());
  if (model.p99) object.Number("p99_seconds", model.p99->count());
  if (model.origin) object.Raw("provenance", Json(*model.origin));
  if (model.running) object.Raw("running", Json(*model.running));
  return object.Done();
}

std::string Json(const MemoryEntry& memory) {
  Object object;
  object.Text("device", memory.device);
  if (memory.budget_bytes > 0) object.Number("budget_bytes", memory.budget_bytes);
  return object.Number("used_bytes", memory.used_bytes).Number("other_bytes", memory.other_bytes).Done();
}

}  // namespace

std::string EncodeListing(const Listing& listing) {
  return Object()
      .Raw("models", Array(listing.models, [](const ModelEntry& model) { return Json(model); }))
      .Raw("memory", Array(listing.memory, [](const MemoryEntry& memory) { return Json(memory); }))
      .Done();
}

std::string EncodeError(std::string_view message) {
  return Object().Text("error", message).Done();
}

}  // namespace trireme::admin
