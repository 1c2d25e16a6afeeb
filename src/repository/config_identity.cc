// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "repository/config_reader.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr size_t kMaxShownBytes = 80;

std::string Shown(const std::string& text) {
  return Quoted(text.substr(0, kMaxShownBytes));
}

// What Triton calls the families of models that are served.
constexpr std::array kServed = {"onnxruntime", "onnxruntime_onnx",      "onnx", "pytorch", "pytorch_libtorch",
                                "tensorflow",  "tensorflow_savedmodel", "fil",  "trees",   "xgboost",
                                "lightgbm"};

// Backends whose models are a config and nothing else.
constexpr std::array kWithoutFile = {"repeat"};

bool IsServed(const std::string& name) {
  return std::find(kServed.begin(), kServed.end(), name) != kServed.end();
}

void ReadName(ConfigReader& reader) {
  const std::string& name = reader.message.name();
  if (name.empty() || reader.context.model_name.empty() || name == reader.context.model_name) return;
  reader.findings.Add(reader.root.At("name").Error(Quoted(reader.context.model_name) + ", the model's name",
                                                   Shown(name),
                                                   "write the name of the model's folder, or leave it out"));
}

void RefuseBackend(const ConfigPlace& place, const std::string& name, ConfigReader& reader) {
  static const std::vector<std::string> names(kServed.begin(), kServed.end());
  std::string fix = DidYouMean(name, names);
  if (fix.empty()) fix = "export the model to ONNX, or serve it elsewhere";
  const Finding finding = place.Error("\"onnxruntime\", \"pytorch\", \"tensorflow\" or \"fil\"",
                                      Shown(name) + ", which is not served yet", std::move(fix));
  if (reader.file.served.ok()) reader.file.served = Unsupported(finding.ToString());
  reader.findings.Add(finding);
}

void ReadBackend(ConfigReader& reader) {
  const auto& message = reader.message;
  if (message.platform() == "ensemble" || message.has_ensemble_scheduling()) {
    const ConfigPlace place = reader.root.At(message.platform() == "ensemble" ? "platform" : "ensemble_scheduling");
    const Finding finding = place.Error("a model of its own", "an ensemble, which is not served yet",
                                        "call the models that it is made of one after the other");
    reader.file.served = Unsupported(finding.ToString());
    reader.findings.Add(finding);
    return;
  }
  if (std::find(kWithoutFile.begin(), kWithoutFile.end(), message.backend()) != kWithoutFile.end()) {
    reader.file.backend = message.backend();
    return;
  }
  if (!message.backend().empty() && !IsServed(message.backend())) {
    RefuseBackend(reader.root.At("backend"), message.backend(), reader);
  } else if (!message.platform().empty() && !IsServed(message.platform())) {
    RefuseBackend(reader.root.At("platform"), message.platform(), reader);
  }
}

bool StaysBelow(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  return name.find('\0') == std::string::npos && !path.is_absolute() && *path.begin() != ".." && path.has_filename();
}

void ReadModelFilename(ConfigReader& reader) {
  const std::string& name = reader.message.default_model_filename();
  if (name.empty()) return;
  if (StaysBelow(name)) {
    reader.file.model_filename = name;
    return;
  }
  reader.findings.Add(reader.root.At("default_model_filename")
                          .Error("a name in the version's folder", Shown(name), "write the file's name alone"));
}

void ReadSpecific(const inference::ModelVersionPolicy::Specific& specific, const ConfigPlace& place,
                  ConfigReader& reader) {
  VersionPolicy& policy = reader.file.version_policy;
  policy.kind = VersionPolicy::Kind::kSpecific;
  if (!CheckCount(specific.versions_size(), place, reader.findings)) return;
  policy.versions.assign(specific.versions().begin(), specific.versions().end());
  for (size_t i = 0; i < policy.versions.size(); ++i) {
    if (policy.versions[i] > 0) continue;
    reader.findings.Add(
        place.At("versions", static_cast<int>(i)).Error("a version, 1 or more", std::to_string(policy.versions[i])));
  }
  if (policy.versions.empty()) {
    reader.findings.Add(place.Error("versions", "none", "name versions, or write version_policy: { all {} }"));
  }
}

void ReadVersionPolicy(ConfigReader& reader) {
  const auto& said = reader.message.version_policy();
  VersionPolicy& policy = reader.file.version_policy;
  if (said.policy_choice_case() == inference::ModelVersionPolicy::POLICY_CHOICE_NOT_SET) return;
  const ConfigPlace place = reader.root.At("version_policy");
  policy.declared = true;
  policy.place = place.place();
  if (said.has_all()) policy.kind = VersionPolicy::Kind::kAll;
  if (said.has_latest()) policy.latest = std::max(1U, said.latest().num_versions());
  if (said.has_specific()) ReadSpecific(said.specific(), place.At("specific"), reader);
  if (said.has_specific()) policy.place = place.At("specific").At("versions").place();
}

}  // namespace

void ReadIdentity(ConfigReader& reader) {
  ReadName(reader);
  ReadBackend(reader);
  ReadModelFilename(reader);
  ReadVersionPolicy(reader);
}

}  // namespace trireme
