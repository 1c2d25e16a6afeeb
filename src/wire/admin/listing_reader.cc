// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/calendar.h"
#include "codec/json_cursor.h"
#include "wire/admin/listing.h"

namespace trireme::admin {
namespace {

// Reads the members of an object; `read(key)` reads the value of a key that it knows, and is false for any other.
template <typename Read>
bool ReadObject(JsonCursor& json, Read read) {
  if (!json.EnterObject()) return false;
  while (const auto key = json.NextKey()) {
    if (!read(*key)) json.Skip();
  }
  return json.ok();
}

template <typename ReadElement>
bool ReadArray(JsonCursor& json, ReadElement read_element) {
  if (!json.EnterArray()) return false;
  while (json.NextElement()) {
    if (!read_element()) return false;
  }
  return json.ok();
}

// What a value is read into; true, whether it could be read or not: the cursor keeps the failure.
bool Read(JsonCursor& json, std::string& to) {
  if (const auto text = json.ReadString()) to = *text;
  return true;
}
bool Read(JsonCursor& json, bool& to) {
  if (const auto value = json.ReadBool()) to = *value;
  return true;
}
bool Read(JsonCursor& json, int64_t& to) {
  if (const auto number = json.ReadInt64()) to = *number;
  return true;
}
bool Read(JsonCursor& json, uint64_t& to) {
  if (const auto number = json.ReadUint64()) to = *number;
  return true;
}
bool Read(JsonCursor& json, double& to) {
  if (const auto number = json.ReadDouble()) to = *number;
  return true;
}
bool Read(JsonCursor& json, Seconds& to) {
  if (const auto number = json.ReadDouble()) to = Seconds(*number);
  return true;
}
bool Read(JsonCursor& json, std::optional<Seconds>& to) {
  return Read(json, to.emplace());
}
bool Read(JsonCursor& json, WallTime& to) {
  const size_t offset = json.offset();
  const auto text = json.ReadString();
  if (!text) return true;
  if (const auto time = ParseUtc(*text)) {
    to = *time;
  } else {
    json.Refuse(offset, "a time as 2026-01-31T12:01:03.250Z");
  }
  return true;
}
bool Read(JsonCursor& json, std::vector<std::string>& to) {
  ReadArray(json, [&] { return Read(json, to.emplace_back()) && json.ok(); });
  return true;
}

bool Read(JsonCursor& json, std::optional<Origin>& to) {
  Origin& origin = to.emplace();
  ReadObject(json, [&](std::string_view key) {
    if (key == "source") return Read(json, origin.source);
    if (key == "digest") return Read(json, origin.digest);
    if (key == "loaded_at") return Read(json, origin.loaded_at);
    return key == "load_seconds" && Read(json, origin.load_took);
  });
  return true;
}

bool ReadRunTime(JsonCursor& json, RunTimeEntry& run) {
  return ReadObject(json, [&](std::string_view key) {
    if (key == "rows") return Read(json, run.rows);
    if (key == "wide") return Read(json, run.wide);
    if (key == "input_bytes") return Read(json, run.input_bytes);
    if (key == "seconds") return Read(json, run.typical);
    if (key == "p90_seconds") return Read(json, run.most);
    return key == "runs" && Read(json, run.runs);
  });
}

bool Read(JsonCursor& json, std::vector<RunTimeEntry>& to) {
  ReadArray(json, [&] { return ReadRunTime(json, to.emplace_back()); });
  return true;
}

bool Read(JsonCursor& json, std::optional<Running>& to) {
  Running& running = to.emplace();
  ReadObject(json, [&](std::string_view key) {
    if (key == "slo") return Read(json, running.goal);
    if (key == "margin") return Read(json, running.margin);
    if (key == "late_ratio") return Read(json, running.late_share);
    if (key == "late") return Read(json, running.late);
    if (key == "predicted_late") return Read(json, running.predicted_late);
    if (key == "prediction_error_p90") return Read(json, running.prediction_error_p90);
    if (key == "instances") return Read(json, running.instances);
    if (key == "threads") return Read(json, running.threads);
    if (key == "weight") return Read(json, running.weight);
    if (key == "batch_rows") return Read(json, running.batch_rows);
    if (key == "max_rows") return Read(json, running.max_rows);
    if (key == "why_no_more_rows") return Read(json, running.why_no_more_rows);
    if (key == "has_wide") return Read(json, running.has_wide);
    if (key == "wide") return Read(json, running.is_wide);
    if (key == "company") return Read(json, running.company);
    if (key == "rows_per_second") return Read(json, running.rows_per_second);
    if (key == "runs") return Read(json, running.runs);
    return key == "run_times" && Read(json, running.run_times);
  });
  return true;
}

bool ReadModel(JsonCursor& json, ModelEntry& model) {
  return ReadObject(json, [&](std::string_view key) {
    if (key == "name") return Read(json, model.name);
    if (key == "version") return Read(json, model.version);
    if (key == "state") return Read(json, model.state);
    if (key == "reason") return Read(json, model.reason);
    if (key == "note") return Read(json, model.note);
    if (key == "since") return Read(json, model.since);
    if (key == "labels") return Read(json, model.labels);
    if (key == "pinned") return Read(json, model.pinned);
    if (key == "memory_bytes") return Read(json, model.memory_bytes);
    if (key == "device") return Read(json, model.device);
    if (key == "requests") return Read(json, model.requests);
    if (key == "seconds_since_last_use") return Read(json, model.since_last_use);
    if (key == "p99_seconds") return Read(json, model.p99);
    if (key == "running") return Read(json, model.running);
    return key == "provenance" && Read(json, model.origin);
  });
}

bool ReadMemory(JsonCursor& json, MemoryEntry& memory) {
  return ReadObject(json, [&](std::string_view key) {
    if (key == "device") return Read(json, memory.device);
    if (key == "budget_bytes") return Read(json, memory.budget_bytes);
    if (key == "used_bytes") return Read(json, memory.used_bytes);
    return key == "other_bytes" && Read(json, memory.other_bytes);
  });
}

template <typename Entry>
bool ReadEntries(JsonCursor& json, std::vector<Entry>& entries, bool (*read)(JsonCursor&, Entry&)) {
  ReadArray(json, [&] { return read(json, entries.emplace_back()); });
  return true;
}

}  // namespace

Result<Listing> DecodeListing(std::string_view text) {
  Listing listing;
  JsonCursor json(text);
  ReadObject(json, [&](std::string_view key) {
    if (key == "models") return ReadEntries(json, listing.models, ReadModel);
    return key == "memory" && ReadEntries(json, listing.memory, ReadMemory);
  });
  json.Finish();
  if (!json.ok()) return Status(json.status()).Within("list of models");
  return listing;
}

}  // namespace trireme::admin
