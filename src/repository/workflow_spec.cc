// SPDX-License-Identifier: Apache-2.0
#include "repository/workflow_spec.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/nearest_name.h"
#include "repository/model_name.h"
#include "repository/yaml_value.h"

namespace trireme {
namespace {

using Kind = YamlValue::Kind;

constexpr int64_t kMostWorkers = 1000;
constexpr int64_t kMostRows = int64_t{1} << 20;
constexpr int64_t kMostAttempts = 100;
constexpr int64_t kMostMilliseconds = int64_t{1000} * 60 * 60 * 24 * 365;
constexpr size_t kShownNames = 10;

struct Key {
  std::string_view name;
  int64_t least;
  int64_t most;
  void (*take)(int64_t value, WorkflowSettings& to);
};

constexpr std::array<Key, 6> kKeys = {{
    {"min-workers", 1, kMostWorkers, [](int64_t value, WorkflowSettings& to) { to.min_workers = value; }},
    {"max-workers", 1, kMostWorkers, [](int64_t value, WorkflowSettings& to) { to.max_workers = value; }},
    {"batch-size", 1, kMostRows, [](int64_t value, WorkflowSettings& to) { to.batch_size = value; }},
    {"max-batch-delay", 0, kMostMilliseconds,
     [](int64_t value, WorkflowSettings& to) { to.max_batch_delay = std::chrono::milliseconds(value); }},
    {"retry-attempts", 0, kMostAttempts, [](int64_t value, WorkflowSettings& to) { to.retry_attempts = value; }},
    {"timeout-ms", 1, kMostMilliseconds,
     [](int64_t value, WorkflowSettings& to) { to.timeout = std::chrono::milliseconds(value); }},
}};

const Key* FindKey(std::string_view name) {
  const auto key = std::ranges::find(kKeys, name, &Key::name);
  return key == kKeys.end() ? nullptr : &*key;
}

const YamlValue* Find(const YamlValue& map, std::string_view key) {
  const auto member = std::ranges::find(map.members, key, &YamlValue::Member::key);
  return member == map.members.end() ? nullptr : &member->value;
}

std::string NamesOf(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShownNames); ++i) {
    text += (text.empty() ? "" : ", ") + Quoted(names[i].substr(0, 64));
  }
  if (names.size() > kShownNames) text += " and " + std::to_string(names.size() - kShownNames) + " more";
  return text;
}

// An edge, by the names that the file has.
struct Edge {
  std::string from;
  std::string to;
};

class Reader {
 public:
  Reader(std::string file, std::string handler) : file_(std::move(file)), handler_(std::move(handler)) {}

  Result<WorkflowSpec> Read(const YamlValue& root) {
    if (root.kind != Kind::kMap) return Wrong(root, "", "'models:' and 'dag:'", root.Described());
    const YamlValue* const models = Find(root, "models");
    const YamlValue* const dag = Find(root, "dag");
    if (models == nullptr || models->kind != Kind::kMap) return WrongMap(root, models, "models", "names of models");
    if (dag == nullptr || dag->kind != Kind::kMap) return WrongMap(root, dag, "dag", "nodes with lists of the next");
    RETURN_IF_ERROR(ReadDefaults(*models));
    RETURN_IF_ERROR(ReadModels(*models));
    RETURN_IF_ERROR(ReadDag(*dag));
    RETURN_IF_ERROR(CheckNames());
    RETURN_IF_ERROR(Link());
    return std::move(spec_);
  }

 private:
  Status Wrong(const YamlValue& value, const std::string& key, const std::string& expected,
               const std::string& found) const {
    std::string text = file_ + ": line " + std::to_string(std::max(value.line, 1)) + ": ";
    if (!key.empty()) text += key + ": ";
    return InvalidArgument(text + "expected " + expected + ", found " + found);
  }

  Status WrongMap(const YamlValue& root, const YamlValue* value, const std::string& key, const std::string& of) const {
    return Wrong(value == nullptr ? root : *value, key, "a map of " + of,
                 value == nullptr ? "nothing" : value->Described());
  }

  Status Wrong(const std::string& place, const std::string& expected, const std::string& found) const {
    return InvalidArgument(file_ + ": " + place + ": expected " + expected + ", found " + found);
  }

  Status TakeSetting(const Key& key, const YamlValue& value, const std::string& place, WorkflowSettings& to) const {
    if (value.kind != Kind::kInteger || value.integer < key.least || value.integer > key.most) {
      return Wrong(value, place + std::string(key.name),
                   "an integer from " + std::to_string(key.least) + " to " + std::to_string(key.most),
                   value.Described());
    }
    key.take(value.integer, to);
    return {};
  }

  Status CheckWorkers(const YamlValue& value, const std::string& place, bool says_most, WorkflowSettings& to) const {
    // Who asks for more at least has as many at most, too.
    if (!says_most) to.max_workers = std::max(to.max_workers, to.min_workers);
    if (to.max_workers >= to.min_workers) return {};
    return Wrong(value, place + "max-workers", "min-workers, which is " + std::to_string(to.min_workers) + ", or more",
                 std::to_string(to.max_workers));
  }

  // They may stand behind the models that they are for.
  Status ReadDefaults(const YamlValue& models) {
    for (const auto& [name, value] : models.members) {
      if (const Key* const key = FindKey(name)) RETURN_IF_ERROR(TakeSetting(*key, value, "models.", spec_.defaults));
    }
    return CheckWorkers(models, "models.", Find(models, "max-workers") != nullptr, spec_.defaults);
  }

  Status ReadModels(const YamlValue& models) {
    for (const auto& [name, value] : models.members) {
      if (FindKey(name) != nullptr) continue;
      const std::string place = "models." + ShownName(name);
      if (value.kind != Kind::kMap) {
        return Wrong(value, place, "a map with the url of a model" + MaybeMeant(name), value.Described());
      }
      if (const Status status = CheckModelName(name); !status.ok()) {
        return Wrong(value, "models", "the name of a node (" + status.message() + ")", Quoted(name.substr(0, 64)));
      }
      if (spec_.nodes.size() == kMostWorkflowNodes) {
        return Wrong(value, "models", "at most " + std::to_string(kMostWorkflowNodes) + " models", "more");
      }
      WorkflowNode node{.name = name, .url = {}, .settings = spec_.defaults, .parents = {}, .next = {}};
      RETURN_IF_ERROR(ReadModel(value, place + ".", node));
      spec_.nodes.push_back(std::move(node));
    }
    if (spec_.nodes.empty()) return Wrong(models, "models", "a model at least", "none");
    return {};
  }

  static std::string MaybeMeant(std::string_view name) {
    std::vector<std::string> keys;
    for (const Key& key : kKeys) keys.emplace_back(key.name);
    const std::optional<std::string> nearest = NearestName(name, keys);
    return nearest ? " (or " + *nearest + ")" : "";
  }

  Status ReadModel(const YamlValue& model, const std::string& place, WorkflowNode& node) {
    for (const auto& [name, value] : model.members) {
      if (const Key* const key = FindKey(name)) {
        RETURN_IF_ERROR(TakeSetting(*key, value, place, node.settings));
      } else if (name == "url") {
        if (value.kind != Kind::kText || value.text.empty()) {
          return Wrong(value, place + "url", "the name of a file", value.Described());
        }
        node.url = value.text;
      } else {
        spec_.remarks.push_back(file_ + ": line " + std::to_string(value.line) + ": " + place + ShownName(name) +
                                " has no effect");
      }
    }
    if (node.url.empty()) return Wrong(model, place + "url", "the name of a file", "nothing");
    return CheckWorkers(model, place, Find(model, "max-workers") != nullptr, node.settings);
  }

  Status ReadDag(const YamlValue& dag) {
    spec_.dag = "{";
    for (const auto& [from, next] : dag.members) {
      if (next.kind != Kind::kList && next.kind != Kind::kNull) {
        return Wrong(next, "dag." + ShownName(from), "a list of the next nodes", next.Described());
      }
      Mention(from, next);
      spec_.dag += (spec_.dag.size() > 1 ? ", " : "") + from + "=[";
      for (const YamlValue& to : next.items) {
        if (to.kind == Kind::kList || to.kind == Kind::kMap || to.kind == Kind::kNull) {
          return Wrong(to, "dag." + ShownName(from), "the name of a node", to.Described());
        }
        if (edges_.size() == kMostWorkflowEdges) {
          return Wrong(to, "dag", "at most " + std::to_string(kMostWorkflowEdges) + " edges", "more");
        }
        spec_.dag += (&to == &next.items.front() ? "" : ", ") + to.text;
        Mention(to.text, to);
        edges_.push_back({.from = from, .to = to.text});
      }
      spec_.dag += "]";
    }
    spec_.dag += "}";
    return {};
  }

  void Mention(const std::string& name, const YamlValue& value) {
    if (!lines_.emplace(name, value.line).second) return;
    const auto is_it = [&](const WorkflowNode& node) { return node.name == name; };
    if (std::ranges::none_of(spec_.nodes, is_it)) functions_.push_back(name);
  }

  Status CheckNames() const {
    if (!functions_.empty() && handler_.empty()) {
      return Wrong("line " + std::to_string(std::max(lines_.at(functions_.front()), 1)) + ": dag",
                   "names of models, as the workflow has no handler with functions", NamesOf(functions_));
    }
    if (!functions_.empty()) {
      return Unsupported(file_ + ": dag: " + NamesOf(functions_) +
                         (functions_.size() == 1 ? " is a function of " : " are functions of ") +
                         Quoted(handler_.substr(0, 256)) +
                         ", which needs a Python worker: not served yet; put what it does into a model");
    }
    for (const WorkflowNode& node : spec_.nodes) {
      if (lines_.contains(node.name)) continue;
      return Wrong("models." + node.name, "a place in the dag", "none");
    }
    return {};
  }

  // Orders the nodes so that each stands behind those that come before it, and else as the file has them.
  Status Link() {
    std::map<std::string, std::vector<std::string>, std::less<>> parents;
    for (const Edge& edge : edges_) {
      std::vector<std::string>& of = parents[edge.to];
      if (edge.from == edge.to) return Wrong("dag." + edge.from, "other nodes", "itself");
      if (std::ranges::find(of, edge.from) != of.end()) {
        return Wrong("dag." + edge.from, "each of the next nodes once", edge.to + " again");
      }
      of.push_back(edge.from);
    }
    std::vector<WorkflowNode> waiting = std::exchange(spec_.nodes, {});
    std::map<std::string, size_t, std::less<>> places;
    while (!waiting.empty()) {
      const auto is_due = [&](const WorkflowNode& node) {
        return std::ranges::all_of(parents[node.name], [&](const std::string& each) { return places.contains(each); });
      };
      const auto due = std::ranges::find_if(waiting, is_due);
      if (due == waiting.end()) return Circle(waiting);
      for (const std::string& parent : parents[due->name]) {
        due->parents.push_back(places[parent]);
        spec_.nodes[places[parent]].next.push_back(spec_.nodes.size());
      }
      places.emplace(due->name, spec_.nodes.size());
      spec_.nodes.push_back(std::move(*due));
      waiting.erase(due);
    }
    return FindLeaf();
  }

  Status Circle(const std::vector<WorkflowNode>& nodes) const {
    std::vector<std::string> names;
    for (const WorkflowNode& node : nodes) names.push_back(node.name);
    return Wrong("dag", "nodes that follow one another", "a circle among " + NamesOf(names));
  }

  Status FindLeaf() {
    std::vector<std::string> leaves;
    for (size_t i = 0; i < spec_.nodes.size(); ++i) {
      if (!spec_.nodes[i].next.empty()) continue;
      spec_.leaf = i;
      leaves.push_back(spec_.nodes[i].name);
    }
    if (leaves.size() == 1) return {};
    return Wrong("dag", "one node that nothing follows, whose answer is the workflow's", NamesOf(leaves));
  }

  const std::string file_;
  const std::string handler_;
  WorkflowSpec spec_;
  std::vector<Edge> edges_;
  std::map<std::string, int, std::less<>> lines_;  // where the dag names a node first
  std::vector<std::string> functions_;             // nodes that are no models
};

}  // namespace

Result<WorkflowSpec> ParseWorkflowSpec(std::string_view yaml, const std::string& file, const std::string& handler) {
  Result<YamlValue> root = ParseYaml(yaml, {.bytes = kMaxWorkflowSpecBytes});
  if (!root.ok()) return std::move(root).status().Within(file);
  return Reader(file, handler).Read(*root);
}

}  // namespace trireme
