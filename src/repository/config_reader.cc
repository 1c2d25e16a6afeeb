// SPDX-License-Identifier: Apache-2.0
#include "repository/config_reader.h"

#include <utility>

namespace trireme {

void FindingList::Add(Finding finding) {
  const bool is_error = finding.severity == Finding::Severity::kError;
  // The errors have room of their own, so that none is crowded out by what matters less.
  if ((is_error ? errors_ : findings_.size() - errors_) >= kMost) return;
  errors_ += is_error ? 1 : 0;
  findings_.push_back(std::move(finding));
}

std::optional<int64_t> ConfigReader::max_batch_size() const {
  if (!message.has_max_batch_size()) return std::nullopt;
  return message.max_batch_size();
}

bool CheckCount(int count, const ConfigPlace& place, FindingList& findings) {
  constexpr int kMost = 1024;
  if (count <= kMost) return true;
  findings.Add(place.Error("at most " + std::to_string(kMost), std::to_string(count)));
  return false;
}

}  // namespace trireme
