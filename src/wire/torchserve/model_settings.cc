// SPDX-License-Identifier: Apache-2.0
#include "wire/torchserve/model_settings.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/excerpt.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "wire/torchserve/gson_writer.h"

namespace trireme::torchserve {
namespace {

constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();  // Java's
constexpr int64_t kMostMilliseconds = int64_t{1} << 52;

// The places of messages end in the name of what could not be read.
std::string Shown(std::string_view name) {
  return PlainText(Excerpt(name, 64));
}

template <typename T>
void ReadInteger(JsonCursor& json, int64_t least, std::optional<T>& to) {
  static_cast<void>(json.Peek());
  const size_t offset = json.offset();
  const auto number = json.ReadInt64();
  if (!number) return;
  if (*number < least || *number > kMostInt) {
    return json.Refuse(offset, "an integer from " + std::to_string(least) + " to " + std::to_string(kMostInt));
  }
  to = T(*number);
}

// All that ReadSetting() knows.
constexpr std::array<const char*, 9> kSettings = {"defaultVersion",  "marName",        "minWorkers",
                                                  "maxWorkers",      "batchSize",      "maxBatchDelay",
                                                  "responseTimeout", "startupTimeout", "engineName"};

// One entry of a version; true: it is known, and was read.
bool ReadSetting(JsonCursor& json, std::string_view key, ModelSettings& to) {
  if (json.Peek() == JsonCursor::Kind::kNull) return false;
  if (key == "defaultVersion") {
    to.default_version = json.ReadBool();
  } else if (key == "marName") {
    if (const auto text = json.ReadString()) to.mar_name = *text;
  } else if (key == "minWorkers") {
    ReadInteger(json, 0, to.min_workers);
  } else if (key == "maxWorkers") {
    ReadInteger(json, 0, to.max_workers);
  } else if (key == "batchSize") {
    ReadInteger(json, 1, to.batch_size);
  } else if (key == "maxBatchDelay") {
    ReadInteger(json, 0, to.max_batch_delay);
  } else if (key == "responseTimeout") {
    ReadInteger(json, 0, to.response_timeout);
  } else if (key == "startupTimeout") {
    ReadInteger(json, 0, to.startup_timeout);
  } else if (key == "engineName") {
    if (const auto text = json.ReadString()) to.engine_name = *text;
  } else {
    return false;
  }
  return true;
}

// Calls read(key) for each member, which must have names of their own.
template <typename Read>
Status ReadObject(JsonCursor& json, Read read) {
  std::set<std::string, std::less<>> keys;
  if (!json.EnterObject()) return json.status();
  while (const auto key = json.NextKey()) {
    const std::string name(*key);
    if (!keys.insert(name).second) return InvalidArgument(Shown(name) + ": expected it once, found it again");
    if (name.empty()) return InvalidArgument("expected a name, found an empty one");
    Status status = read(name);
    if (status.ok() && !json.ok()) status = json.status();
    if (!status.ok()) return std::move(status).Within(Shown(name));
  }
  return json.status();
}

Status ReadVersion(JsonCursor& json, ModelSettings& to) {
  return ReadObject(json, [&](std::string_view key) {
    if (!ReadSetting(json, key, to)) json.Skip();
    return Status();
  });
}

}  // namespace

Result<std::vector<ModelSettings>> ReadModelSettings(JsonCursor& json) {
  std::vector<ModelSettings> models;
  RETURN_IF_ERROR(ReadObject(json, [&](const std::string& name) {
    return ReadObject(json, [&](const std::string& version) -> Status {
      if (models.size() == kMaxModelSettings) {
        return InvalidArgument("expected at most " + std::to_string(kMaxModelSettings) + " versions, found more");
      }
      return ReadVersion(json, models.emplace_back(ModelSettings{.name = name, .version = version}));
    });
  }));
  return models;
}

std::vector<std::string> UnknownModelSettings(std::string_view text) {
  constexpr size_t kMost = 10;
  const std::vector<std::string> known(kSettings.begin(), kSettings.end());
  std::vector<std::string> unknown;
  const auto look = [&](const std::string& place, const std::string& key) {
    if (unknown.size() == kMost || std::ranges::find(known, key) != known.end()) return;
    const std::string meant = DidYouMean(key, known);
    unknown.push_back(place + ": unknown key " + Shown(key) + (meant.empty() ? "" : ": " + meant));
  };
  JsonCursor json(text);
  const Status read = ReadObject(json, [&](const std::string& name) {
    return ReadObject(json, [&](const std::string& version) {
      return ReadObject(json, [&](const std::string& key) {
        look(Shown(name) + ": " + Shown(version), key);
        json.Skip();
        return Status();
      });
    });
  });
  return read.ok() ? unknown : std::vector<std::string>();
}

Result<std::vector<ModelSettings>> ParseModelSettings(std::string_view text) {
  JsonCursor json(text);
  ASSIGN_OR_RETURN(std::vector<ModelSettings> models, ReadModelSettings(json));
  if (!json.Finish()) return json.status();
  return models;
}

namespace {

Status ReadWorkflows(JsonCursor& json, std::vector<WorkflowToLoad>& to) {
  return ReadObject(json, [&](const std::string& name) -> Status {
    if (to.size() == kMaxModelSettings) {
      return InvalidArgument("expected at most " + std::to_string(kMaxModelSettings) + " workflows, found more");
    }
    WorkflowToLoad& workflow = to.emplace_back(WorkflowToLoad{.name = name, .url = {}});
    return ReadObject(json, [&](std::string_view key) -> Status {
      if (key != "warName") {
        json.Skip();
      } else if (const auto url = json.ReadString()) {
        workflow.url = *url;
      }
      return {};
    });
  });
}

}  // namespace

Result<Snapshot> ParseSnapshot(std::string_view text) {
  Snapshot snapshot;
  JsonCursor json(text);
  RETURN_IF_ERROR(ReadObject(json, [&](const std::string& key) -> Status {
    if (key == "name") {
      if (const auto name = json.ReadString()) snapshot.name = *name;
    } else if (key == "created") {
      static_cast<void>(json.Peek());
      const size_t offset = json.offset();
      const int64_t milliseconds = json.ReadInt64().value_or(0);
      if (milliseconds < 0 || milliseconds > kMostMilliseconds) json.Refuse(offset, "milliseconds since 1970");
      if (!json.ok()) return {};
      snapshot.created = std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds));
    } else if (key == "models") {
      ASSIGN_OR_RETURN(snapshot.models, ReadModelSettings(json));
    } else if (key == "workflows") {
      return ReadWorkflows(json, snapshot.workflows);
    } else {
      json.Skip();
    }
    return {};
  }));
  if (!json.Finish()) return json.status();
  return snapshot;
}

namespace {

void Write(GsonWriter& json, const ModelSettings& model) {
  json.Key(model.version).BeginObject();
  const auto number = [&](std::string_view key, const std::optional<int64_t>& value) {
    if (value) json.Key(key).Integer(*value);
  };
  const auto duration = [&](std::string_view key, const auto& value) {
    if (value) json.Key(key).Integer(value->count());
  };
  if (model.default_version) json.Key("defaultVersion").Bool(*model.default_version);
  if (model.mar_name) json.Key("marName").Text(*model.mar_name);
  number("minWorkers", model.min_workers);
  number("maxWorkers", model.max_workers);
  number("batchSize", model.batch_size);
  duration("maxBatchDelay", model.max_batch_delay);
  duration("responseTimeout", model.response_timeout);
  duration("startupTimeout", model.startup_timeout);
  if (model.engine_name) json.Key("engineName").Text(*model.engine_name);
  json.EndObject();
}

}  // namespace

std::string EncodeSnapshot(const Snapshot& snapshot) {
  const auto created = std::chrono::duration_cast<std::chrono::milliseconds>(snapshot.created.time_since_epoch());
  GsonWriter json;
  json.BeginObject().Key("name").Text(snapshot.name);
  json.Key("modelCount").Integer(static_cast<int64_t>(snapshot.models.size()));
  json.Key("created").Integer(created.count());
  json.Key("models").BeginObject();
  const std::string* open = nullptr;  // the model whose versions come
  for (const ModelSettings& model : snapshot.models) {
    if (open == nullptr || *open != model.name) {
      if (open != nullptr) json.EndObject();
      json.Key(model.name).BeginObject();
      open = &model.name;
    }
    Write(json, model);
  }
  if (open != nullptr) json.EndObject();
  json.EndObject();
  if (!snapshot.workflows.empty()) {
    json.Key("workflows").BeginObject();
    for (const WorkflowToLoad& workflow : snapshot.workflows) {
      json.Key(workflow.name).BeginObject().Key("warName").Text(workflow.url).EndObject();
    }
    json.EndObject();
  }
  return json.EndObject().Take();
}

}  // namespace trireme::torchserve
