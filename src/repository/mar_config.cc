// SPDX-License-Identifier: Apache-2.0
#include "repository/mar_config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/letter_case.h"
#include "base/log.h"
#include "base/nearest_name.h"
#include "repository/model_name.h"
#include "repository/yaml_value.h"

namespace trireme {
namespace {

using Kind = YamlValue::Kind;

constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();  // Java's

constexpr const char* kOneProcess = "is ignored: models run inside of the server, which starts no processes for them";
constexpr const char* kNoRetries =
    "is ignored: a model runs inside of the server: it has no worker that could end and be started again";
constexpr const char* kNoSequences = "is ignored: requests of a sequence are not kept together";
constexpr const char* kPythonOnly = "is ignored: it is for handlers in Python";
constexpr const char* kPlaced = "is ignored: the server places copies of a model itself, where there is room";
constexpr const char* kOneLine = "is ignored: a request that finds nobody free waits in a line of jobQueueSize";
constexpr const char* kRegistered =
    "counts for models that are registered, by TorchServe's calls or at the start (--models); others wait as their "
    "request says";

// Takes over a value, if it is of the right type: then true.
using Take = bool (*)(const YamlValue&, MarConfig&);

template <auto kMember, int64_t kLeast>
bool TakeInteger(const YamlValue& value, MarConfig& to) {
  using T = typename std::remove_reference_t<decltype(to.*kMember)>::value_type;
  if (value.kind != Kind::kInteger || value.integer < kLeast || value.integer > kMostInt) return false;
  to.*kMember = T(value.integer);
  return true;
}

template <auto kMember>
bool TakeBool(const YamlValue& value, MarConfig& to) {
  if (value.kind != Kind::kBool) return false;
  to.*kMember = value.boolean;
  return true;
}

template <auto kMember>
bool TakeWord(const YamlValue& value, MarConfig& to, std::initializer_list<const char*> words) {
  if (value.kind != Kind::kText) return false;
  std::string word = LowerCase(value.text);
  if (std::find(words.begin(), words.end(), word) == words.end()) return false;
  to.*kMember = std::move(word);
  return true;
}

bool TakeDeviceType(const YamlValue& value, MarConfig& to) {
  return TakeWord<&MarConfig::device_type>(value, to, {"cpu", "gpu", "neuron"});
}

bool TakeParallelType(const YamlValue& value, MarConfig& to) {
  return TakeWord<&MarConfig::parallel_type>(value, to, {"pp", "tp", "pptp", "custom"});
}

bool TakeDeviceIds(const YamlValue& value, MarConfig& to) {
  if (value.kind != Kind::kList) return false;
  std::vector<int64_t> ids;
  for (const YamlValue& item : value.items) {
    if (item.kind != Kind::kInteger || item.integer < 0 || item.integer > kMostInt) return false;
    ids.push_back(item.integer);
  }
  to.device_ids = std::move(ids);
  return true;
}

bool TakeTorchrun(const YamlValue& value, MarConfig& to) {
  if (value.kind != Kind::kMap) return false;
  value.AppendJson(to.torchrun.emplace());
  return true;
}

struct Key {
  std::string_view name;
  Take take;
  const char* expected;
  const char* note = nullptr;  // null: it is honoured, always
};

using C = MarConfig;
constexpr const char* kFromZero = "an integer, 0 or more";
constexpr const char* kFromOne = "an integer, 1 or more";
constexpr const char* kBool = "true or false";

constexpr std::array<Key, 23> kKeys = {{
    {"minWorkers", TakeInteger<&C::min_workers, 0>, kFromZero},
    {"maxWorkers", TakeInteger<&C::max_workers, 0>, kFromZero},
    {"batchSize", TakeInteger<&C::batch_size, 1>, kFromOne},
    {"maxBatchDelay", TakeInteger<&C::max_batch_delay, 0>, kFromZero},
    {"responseTimeout", TakeInteger<&C::response_timeout, 1>, kFromOne, kRegistered},
    {"startupTimeout", TakeInteger<&C::startup_timeout, 1>, kFromOne},
    {"clientTimeoutInMills", TakeInteger<&C::client_timeout, 0>, kFromZero, kRegistered},
    {"jobQueueSize", TakeInteger<&C::job_queue_size, 1>, kFromOne},
    {"useJobTicket", TakeBool<&C::use_job_ticket>, kBool, kOneLine},
    {"deviceType", TakeDeviceType, "cpu, gpu or neuron"},
    {"deviceIds", TakeDeviceIds, "a list of integers, 0 or more", kPlaced},
    {"parallelType", TakeParallelType, "pp, tp, pptp or custom", kOneProcess},
    {"parallelLevel", TakeInteger<&C::parallel_level, 1>, kFromOne, kOneProcess},
    {"torchrun", TakeTorchrun, "a map", kOneProcess},
    {"maxRetryTimeoutInSec", TakeInteger<&C::max_retry_timeout, 1>, kFromOne, kNoRetries},
    {"sequenceBatching", TakeBool<&C::sequence_batching>, kBool, kNoSequences},
    {"sequenceMaxIdleMSec", TakeInteger<&C::sequence_max_idle, 0>, kFromZero, kNoSequences},
    {"sequenceTimeoutMSec", TakeInteger<&C::sequence_timeout, 0>, kFromZero, kNoSequences},
    {"maxNumSequence", TakeInteger<&C::max_num_sequence, 1>, kFromOne, kNoSequences},
    {"maxSequenceJobQueueSize", TakeInteger<&C::max_sequence_job_queue_size, 1>, kFromOne, kNoSequences},
    {"continuousBatching", TakeBool<&C::continuous_batching>, kBool, kPythonOnly},
    {"asyncCommunication", TakeBool<&C::async_communication>, kBool, kPythonOnly},
    {"useVenv", TakeBool<&C::use_venv>, kBool, kPythonOnly},
}};

void TakeKey(const Key& key, const YamlValue& value, const std::filesystem::path& file, MarConfig& config) {
  if (!key.take(value, config)) {
    config.findings.push_back({.severity = Finding::Severity::kWarning,
                               .file = file,
                               .line = value.line,
                               .field = std::string(key.name),
                               .expected = key.expected,
                               .found = value.Described(),
                               .fix = "it counts as not given"});
  } else if (key.note != nullptr) {
    config.notes.push_back({.key = std::string(key.name), .line = value.line, .text = key.note});
  }
}

// Any key may be one of a handler's own. Only what is nearly one of these is thought to be meant so.
void LookAtUnknown(const YamlValue::Member& member, const std::filesystem::path& file, MarConfig& config) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Key& key : kKeys) all.emplace_back(key.name);
    return all;
  }();
  const std::string meant = DidYouMean(member.key, names);
  if (meant.empty()) return;
  config.findings.push_back({.severity = Finding::Severity::kWarning,
                             .file = file,
                             .line = member.value.key_line,
                             .field = ShownName(member.key),
                             .expected = "a key of model-config.yaml, or one that a handler reads",
                             .found = "one that nobody reads",
                             .fix = meant});
}

// Of all maps in one another, whose handlers may read them.
void LookForRepeatedKeys(const YamlValue& value, const std::filesystem::path& file, MarConfig& config) {
  for (const YamlValue& item : value.items) LookForRepeatedKeys(item, file, config);
  for (const YamlValue::Member& member : value.members) {
    if (member.value.earlier_line > 0) {
      config.findings.push_back({.severity = Finding::Severity::kWarning,
                                 .file = file,
                                 .line = member.value.key_line,
                                 .field = ShownName(member.key),
                                 .expected = "each key once",
                                 .found = "it again, after line " + std::to_string(member.value.earlier_line),
                                 .fix = "the last one counts"});
    }
    LookForRepeatedKeys(member.value, file, config);
  }
}

void CompareWorkers(const YamlValue& root, const std::filesystem::path& file, MarConfig& config) {
  if (!config.min_workers || !config.max_workers || *config.max_workers >= *config.min_workers) return;
  const auto most = std::ranges::find(root.members, "maxWorkers", &YamlValue::Member::key);
  config.findings.push_back({.severity = Finding::Severity::kWarning,
                             .file = file,
                             .line = most->value.line,
                             .field = "maxWorkers",
                             .expected = "minWorkers, which is " + std::to_string(*config.min_workers) + ", or more",
                             .found = std::to_string(*config.max_workers),
                             .fix = "minWorkers counts"});
}

}  // namespace

Result<MarConfig> ParseMarConfig(std::string_view yaml, const std::filesystem::path& file) {
  auto root = ParseYaml(yaml, {.bytes = kMaxMarConfigBytes});
  if (!root.ok()) return std::move(root).status().Within(file.string());
  MarConfig config;
  if (root->kind == Kind::kNull) return config;
  if (root->kind != Kind::kMap) {
    return InvalidArgument(file.string() + ": line " + std::to_string(root->line) +
                           ": expected lines such as 'batchSize: 8', found " + root->Described());
  }
  LookForRepeatedKeys(*root, file, config);
  YamlValue handlers{.kind = Kind::kMap};
  for (const YamlValue::Member& member : root->members) {
    const auto key = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& k) { return k.name == member.key; });
    if (key != kKeys.end()) {
      TakeKey(*key, member.value, file, config);
    } else {
      LookAtUnknown(member, file, config);
      handlers.members.push_back(member);
    }
  }
  CompareWorkers(*root, file, config);
  config.handler_config.clear();
  handlers.AppendJson(config.handler_config);
  return config;
}

}  // namespace trireme
