// SPDX-License-Identifier: Apache-2.0
#include "app/compare_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/bench_settings.h"
#include "app/setting_kinds.h"
#include "app/settings.h"
#include "repository/model_name.h"
#include "repository/yaml_value.h"

namespace trireme {
namespace {

using bench::BenchOptions;
using bench::CompareLoad;
using bench::CompareOptions;
using bench::CompareTarget;
using std::chrono::milliseconds;
using Kind = YamlValue::Kind;
using Settings = std::vector<Setting>;

constexpr std::string_view kLocal = "local:";
constexpr int kOpenConnections = 64;     // a rate needs as many as it has calls under way
constexpr int kGoodputConnections = 16;  // to begin with

// A place in the file.
struct Place {
  std::string file;
  std::string path;  // "servers[1]"; empty: the file's own map

  std::string At(int line, std::string_view key = {}) const {
    std::string text = file + ":" + std::to_string(line);
    const std::string dot = path.empty() || key.empty() ? "" : ".";
    if (!path.empty() || !key.empty()) text += ": " + path + dot + std::string(key);
    return text;
  }
  Place Below(const std::string& name) const { return {file, path.empty() ? name : path + "." + name}; }
  Place Item(const std::string& list, size_t i) const { return {file, list + "[" + std::to_string(i + 1) + "]"}; }
};

std::string SettingName(std::string_view key) {
  std::string name(key);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

Status Unexpected(const std::string& where, const std::string& expected, const YamlValue& found) {
  return InvalidArgument(where + ": expected " + expected + ", found " + found.Described());
}

bool IsScalar(const YamlValue& value) {
  return value.kind != Kind::kNull && value.kind != Kind::kList && value.kind != Kind::kMap;
}

// Of the flags of `trireme bench`, those that mean something here.
Settings Only(Settings all, std::initializer_list<std::string_view> names) {
  std::erase_if(all, [&](const Setting& setting) { return std::ranges::find(names, setting.name) == names.end(); });
  for (Setting& setting : all) {
    if (setting.name == "model-version") setting.aliases = {"version"};
    if (setting.name == "shape") setting.aliases = {"shapes"};
    if (setting.name == "input") setting.aliases = {"inputs"};
  }
  return all;
}

const Setting* Find(const Settings& settings, std::string_view key) {
  const std::string name = SettingName(key);
  const auto at = std::ranges::find_if(settings, [&](const Setting& setting) { return setting.IsCalled(name); });
  return at == settings.end() ? nullptr : &*at;
}

Status Set(const Place& place, const YamlValue::Member& member, const Setting& setting) {
  const std::string where = place.At(member.value.key_line, member.key);
  const bool repeats = setting.form == Setting::Form::kRepeated;
  std::vector<const YamlValue*> values = {&member.value};
  if (repeats && member.value.kind == Kind::kList) {
    values.clear();
    for (const YamlValue& item : member.value.items) values.push_back(&item);
  }
  for (const YamlValue* value : values) {
    if (!IsScalar(*value)) return Unexpected(where, repeats ? "a value or a list of values" : "a value", *value);
    if (Status set = setting.set(value->text); !set.ok()) return std::move(set).Within(where);
  }
  return {};
}

Status UnknownKey(const Place& place, const YamlValue::Member& member, const Settings& settings) {
  return InvalidArgument(place.At(member.value.key_line) + ": unknown key " + Quoted(member.key.substr(0, 64)) +
                         Suggestion(SettingName(member.key), settings));
}

// Every member of a map is one of the settings.
Status SetAll(const Place& place, const YamlValue& map, const Settings& settings) {
  for (const YamlValue::Member& member : map.members) {
    const Setting* const setting = Find(settings, member.key);
    if (setting == nullptr) return UnknownKey(place, member, settings);
    RETURN_IF_ERROR(Set(place, member, *setting));
  }
  return {};
}

Setting Price(std::optional<double>& target) {
  return Custom("price-per-hour", "PRICE", "", "", [&target](std::string_view text) -> Status {
    constexpr double kMost = 1e6;
    double price = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), price);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    if (!is_number || !(price >= 0 && price <= kMost)) return UnexpectedText("a number from 0 to 1000000", text);
    target = price;
    return {};
  });
}

// What a server, or all of them, may be told of how they are asked.
Settings AskSettings(BenchOptions& ask) {
  return Only(BenchSettings(ask),
              {"dialect", "model", "model-version", "form", "rows", "shape", "input", "content-type", "shared-memory",
               "stream", "ca", "insecure", "client-certificate", "client-key", "key-file", "pid"});
}

// Of these, what means something to a model in this process.
bool IsForLocal(const Setting& setting) {
  return setting.name == "rows" || setting.name == "shape" || setting.name == "input";
}

Status CheckLocal(const Place& place, const YamlValue& map, const Settings& asked, bool is_local) {
  for (const YamlValue::Member& member : map.members) {
    const std::string where = place.At(member.value.key_line, member.key);
    const std::string name = SettingName(member.key);
    const bool is_callers = name == "callers" || name == "threads";
    if (!is_local && is_callers) {
      return InvalidArgument(where + ": expected a model in this process (url: local:PATH) for it, found a server");
    }
    const Setting* const setting = Find(asked, member.key);
    if (is_local && setting != nullptr && !IsForLocal(*setting)) {
      return InvalidArgument(where + ": expected a server for it, found a model in this process");
    }
  }
  return {};
}

// One entry of `servers`. `defaults`: the file's own map, whose keys hold for what this says nothing of.
Result<CompareTarget> ReadServer(const Place& place, const YamlValue& map, const YamlValue& defaults) {
  if (map.kind != Kind::kMap) return Unexpected(place.At(map.line), "a map with name and url", map);
  CompareTarget target;
  bench::LocalModelOptions local;
  std::string url;
  const Settings asked = AskSettings(target.ask);
  Settings settings = asked;
  settings.push_back(Text("name", "NAME", "", target.name));
  settings.push_back(Text("url", "URL", "", url));
  settings.push_back(Price(target.price_per_hour));
  settings.push_back(Whole("callers", "N", "", local.callers, 1, bench::kMaxLocalCallers));
  settings.push_back(Whole("threads", "N", "", local.threads, 1, bench::kMaxLocalThreads));
  RETURN_IF_ERROR(SetAll(place, map, settings));
  if (url.empty()) return InvalidArgument(place.At(map.line) + ": expected url, found none");
  const bool is_local = url.starts_with(kLocal);
  RETURN_IF_ERROR(CheckLocal(place, map, asked, is_local));
  for (const YamlValue::Member& member : defaults.members) {
    const Setting* const setting = Find(asked, member.key);
    const bool is_said = std::ranges::any_of(
        map.members, [&](const auto& own) { return setting != nullptr && setting->IsCalled(SettingName(own.key)); });
    if (setting == nullptr || is_said || (is_local && !IsForLocal(*setting))) continue;
    RETURN_IF_ERROR(Set({place.file, ""}, member, *setting));
  }
  if (is_local) {
    local.path = url.substr(kLocal.size());
    if (local.path.empty()) return InvalidArgument(place.At(map.line, "url") + ": expected local:PATH, found no path");
    target.local = std::move(local);
  }
  if (target.name.empty()) target.name = url;
  target.ask.url = std::move(url);
  return target;
}

struct LoadKind {
  std::string_view name;
  CompareLoad::Kind kind;
  std::initializer_list<std::string_view> settings;
  int connections;
};

const LoadKind kLoadKinds[] = {
    {"closed", CompareLoad::Kind::kClosed, {"connections", "calls", "slo"}, 1},
    {"open",
     CompareLoad::Kind::kOpen,
     {"rate", "arrivals", "connections", "calls", "max-waiting", "slo"},
     kOpenConnections},
    {"goodput",
     CompareLoad::Kind::kGoodput,
     {"slo", "connections", "calls", "tolerance", "longest-try"},
     kGoodputConnections},
};

// One entry of `loads`: a map of a single key, which is its kind.
Result<CompareLoad> ReadLoad(const Place& place, const YamlValue& map) {
  const std::string expected = "one of closed, open and goodput, as in 'closed: {connections: 8}'";
  if (map.kind != Kind::kMap || map.members.size() != 1) return Unexpected(place.At(map.line), expected, map);
  const YamlValue::Member& member = map.members[0];
  const auto kind = std::ranges::find(kLoadKinds, member.key, &LoadKind::name);
  if (kind == std::end(kLoadKinds)) {
    return InvalidArgument(place.At(member.value.key_line) + ": expected " + expected + ", found " +
                           Quoted(member.key.substr(0, 64)));
  }
  const Place inside = place.Below(member.key);
  const bool is_map = member.value.kind == Kind::kMap || member.value.kind == Kind::kNull;
  if (!is_map) return Unexpected(inside.At(member.value.key_line), "a map", member.value);
  CompareLoad load{.kind = kind->kind};
  load.load.connections = kind->connections;
  RETURN_IF_ERROR(SetAll(inside, member.value, Only(BenchSettings(load.load), kind->settings)));
  if (load.kind == CompareLoad::Kind::kOpen && load.load.per_second == 0) {
    return InvalidArgument(inside.At(member.value.key_line) + ": expected rate, found none");
  }
  if (load.kind == CompareLoad::Kind::kGoodput && !load.load.goal) {
    return InvalidArgument(inside.At(member.value.key_line) + ": expected slo, as in 'slo: p99=100ms', found none");
  }
  return load;
}

// A list of at most so many, none of them empty.
Result<const YamlValue*> FindList(const Place& place, const YamlValue& root, std::string_view key, size_t most) {
  const auto at = std::ranges::find(root.members, key, &YamlValue::Member::key);
  if (at == root.members.end()) {
    return InvalidArgument(place.At(std::max(root.line, 1)) + ": expected " + std::string(key) + ", found none");
  }
  const YamlValue& list = at->value;
  const std::string where = place.At(list.key_line, key);
  if (list.kind != Kind::kList || list.items.empty()) return Unexpected(where, "a list", list);
  if (list.items.size() > most) {
    return InvalidArgument(where + ": expected at most " + std::to_string(most) + ", found " +
                           std::to_string(list.items.size()));
  }
  return &list;
}

Settings OwnSettings(CompareOptions& options) {
  constexpr milliseconds kMostTime = std::chrono::hours(24);
  return {Whole("rounds", "N", "", options.rounds, 1, bench::kMaxCompareRounds),
          Time("window", "", options.window, milliseconds(1), kMostTime),
          Time("warm-up", "", options.warm_up, milliseconds(0), kMostTime),
          Time("timeout", "", options.timeout, milliseconds(1), kMostTime),
          Whole<uint64_t>("seed", "N", "", options.seed, 0, std::numeric_limits<uint64_t>::max())};
}

// The file's own map, but for what it says to all servers, which is read with each of them.
Status ReadOwn(const Place& place, const YamlValue& root, CompareOptions& options) {
  const Settings own = OwnSettings(options);
  BenchOptions nobody;
  Settings all = AskSettings(nobody);
  all.insert(all.end(), own.begin(), own.end());
  for (const char* list : {"servers", "loads"}) all.push_back(Custom(list, "", "", "", nullptr));
  for (const YamlValue::Member& member : root.members) {
    if (member.key == "servers" || member.key == "loads") continue;
    if (Find(all, member.key) == nullptr) return UnknownKey(place, member, all);
    if (const Setting* const setting = Find(own, member.key)) RETURN_IF_ERROR(Set(place, member, *setting));
  }
  return {};
}

}  // namespace

Result<CompareOptions> ParseCompare(std::string_view text, const std::string& name) {
  Result<YamlValue> parsed = ParseYaml(text, {.bytes = kMaxCompareFileBytes, .repeated_keys = false});
  if (!parsed.ok()) return std::move(parsed).status().Within(name);
  const YamlValue& root = *parsed;
  const Place place{name, ""};
  if (root.kind != Kind::kMap) {
    return Unexpected(place.At(std::max(root.line, 1)), "a map with servers and loads", root);
  }
  CompareOptions options;
  RETURN_IF_ERROR(ReadOwn(place, root, options));
  ASSIGN_OR_RETURN(const YamlValue* const servers, FindList(place, root, "servers", bench::kMaxCompareTargets));
  for (size_t i = 0; i < servers->items.size(); ++i) {
    ASSIGN_OR_RETURN(CompareTarget target, ReadServer(place.Item("servers", i), servers->items[i], root));
    options.targets.push_back(std::move(target));
  }
  ASSIGN_OR_RETURN(const YamlValue* const loads, FindList(place, root, "loads", bench::kMaxCompareLoads));
  for (size_t i = 0; i < loads->items.size(); ++i) {
    ASSIGN_OR_RETURN(CompareLoad load, ReadLoad(place.Item("loads", i), loads->items[i]));
    options.loads.push_back(std::move(load));
  }
  RETURN_IF_ERROR(Check(options).Within(name));
  return options;
}

Result<CompareOptions> ReadCompareFile(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return NotFound(file.string() + ": expected a YAML file, found " +
                    (std::filesystem::exists(file, error) ? "something else" : "no such file"));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxCompareFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.is_open()) return Unavailable(file.string() + ": cannot be read");
  text.resize(static_cast<size_t>(in.gcount()));
  return ParseCompare(text, file.string());
}

}  // namespace trireme
