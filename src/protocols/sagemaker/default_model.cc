// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/default_model.h"

#include <set>
#include <vector>

namespace trireme::sagemaker {
namespace {

Status Several(const std::set<std::string>& names) {
  constexpr size_t kShown = 5;
  std::string list;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown++ == kShown) break;
    list += (list.empty() ? "" : ", ") + name;
  }
  if (names.size() > kShown) list += " and " + std::to_string(names.size() - kShown) + " more";
  return InvalidArgument("/invocations names no model, and there are " + std::to_string(names.size()) + " (" + list +
                         "): set SAGEMAKER_TRITON_DEFAULT_MODEL_NAME to one of them when the server is started");
}

}  // namespace

Result<std::string> DefaultModel(const Services& services, const Identity& identity) {
  if (!services.options.default_model.empty()) return services.options.default_model;
  std::set<std::string> names;
  for (const ModelStatus& model : services.engine.Index()) {
    if (model.state != ModelState::kRetired && identity.Sees(model.id.name)) names.insert(model.id.name);
  }
  if (names.size() == 1) return *names.begin();
  if (names.empty()) return Unavailable("there is no model yet");
  return Several(names);
}

}  // namespace trireme::sagemaker
