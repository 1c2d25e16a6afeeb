// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/serving_table.h"

#include "base/utf8.h"

namespace trireme {
namespace {

std::string Describe(const ModelStatus& status) {
  if (status.state == ModelState::kRetired) return status.reason.empty() ? "not loaded" : status.reason;
  std::string text(Name(status.state));
  if (!status.reason.empty()) text += ": " + status.reason;
  return text;
}

// A client may have sent any name, of any length.
std::string Shown(std::string_view name) {
  constexpr size_t kLongest = 256;
  if (name.size() <= kLongest) return std::string(name);
  return std::string(CutUtf8(name, kLongest)) + "...";
}

}  // namespace

Result<std::shared_ptr<ServedModel>> ServingTable::Find(std::string_view name, std::optional<int64_t> version) const {
  if (const auto model = ready.find(name); model != ready.end() && !model->second.empty()) {
    if (!version) return model->second.rbegin()->second;
    const auto found = model->second.find(*version);
    if (found != model->second.end()) return found->second;
  }
  // Not ready: the reason is worth more than a bare "no". That of the newest version, unless it was merely unloaded.
  bool known = false;
  const ModelStatus* told = nullptr;
  for (const ModelStatus& status : statuses) {
    if (status.id.name != name) continue;
    known = true;
    if (version && status.id.version != *version && status.id.version != 0) continue;
    if (told == nullptr || status.state != ModelState::kRetired) told = &status;
  }
  if (told != nullptr) {
    return Unavailable("model '" + std::string(name) + "' is not ready: " + Describe(*told));
  }
  // In Triton's words, which clients look for.
  const std::string unknown = "Request for unknown model: '" + Shown(name) + "'";
  if (known) return NotFound(unknown + " version " + std::to_string(*version) + " is not found");
  return NotFound(unknown + " is not found");
}

}  // namespace trireme
