// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "wire/kserve/infer_request_message.h"

namespace trireme::kserve {

// What the request says of an output, or nullptr. Outputs come in the order they were asked for, so the first guess,
// by `index`, is nearly always right.
inline const OutputForm* FindOutputForm(const std::vector<OutputForm>& forms, size_t index, std::string_view name) {
  if (forms.empty()) return nullptr;
  const OutputForm& guess = forms[std::min(index, forms.size() - 1)];
  if (guess.name == name) return &guess;
  const auto found =
      std::find_if(forms.begin(), forms.end(), [&](const OutputForm& form) { return form.name == name; });
  return found == forms.end() ? nullptr : &*found;
}

}  // namespace trireme::kserve
