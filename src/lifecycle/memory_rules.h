// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tensor/device.h"

namespace trireme {

// How models share memory.
struct MemoryRules {
  std::vector<Device> devices = {Device()};  // of this server; of two that suit a model alike the first is taken

  // Bytes that models may have, by device as Device::ToString() has it. A device that is not in here has no bound.
  std::map<std::string, uint64_t> budgets;

  // Bytes of the cpu's budget that bodies of requests take at the moment. Empty: none.
  std::function<uint64_t()> requests_bytes;

  // Bytes that the process has allocated, where that can be told: what is not of models, above all what runs need
  // between input and output, counts as well. At most half the budget does, so that a large batch never drives out all
  // models for good. Empty: cannot be told.
  std::function<std::optional<uint64_t>()> allocated_bytes;

  // Frees what is kept for later and was not needed since the last call: called every ten seconds. Empty: nothing is.
  std::function<void()> give_back;

  // Gives back what runs of models left for the next ones and nobody uses at the moment: called a second after the last
  // load or unload, and when there is no room for a load, before anybody goes for it. Takes milliseconds. Empty:
  // nothing is left.
  std::function<void()> release_idle;

  // A model that is wanted may be out of memory: the first request for it loads it, and others go for it. Otherwise
  // what is wanted is loaded or has failed.
  bool on_demand = false;
  bool lazy = false;  // with it: nothing is loaded before it is demanded, but what is pinned or required

  Duration idle_timeout{0};  // with on_demand: who is not asked for so long leaves; 0: nobody does

  std::set<std::string, std::less<>> pinned;  // models that never leave
  std::vector<std::string> required;          // models without which the server is not ready
};

// Bytes that loads leave to the loads after them (base/load_memory.h). They are not in the budget.
inline uint64_t MostKeptOf(const std::map<std::string, uint64_t>& budgets) {
  constexpr uint64_t kMost = uint64_t{1} << 30;
  const auto budget = budgets.find(Device().ToString());
  return budget == budgets.end() ? kMost : std::min(kMost, budget->second / 16);
}

}  // namespace trireme
