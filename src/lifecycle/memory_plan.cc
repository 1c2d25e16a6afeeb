// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/memory_plan.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <tuple>

namespace trireme {
namespace {

using Phase = MemoryClaim::Phase;

constexpr size_t kMostNamed = 8;

// The claims on one device while it is decided what becomes of them.
class Planning {
 public:
  Planning(uint64_t budget, uint64_t other_bytes, std::span<const MemoryClaim> claims, const std::string& device)
      : budget_(budget), other_bytes_(other_bytes), claims_(claims), device_(device), goes_(claims.size(), false) {
    int64_t used = static_cast<int64_t>(other_bytes);
    int64_t leaving = 0;
    int64_t loading = 0;
    for (const MemoryClaim& claim : claims) {
      if (claim.phase == Phase::kAsked) continue;
      used += static_cast<int64_t>(claim.bytes);
      if (claim.phase == Phase::kLeaving) leaving += static_cast<int64_t>(claim.bytes);
      if (claim.phase == Phase::kPromised) loading += static_cast<int64_t>(claim.while_loading);
    }
    free_soon_ = static_cast<int64_t>(budget) - used + leaving;
    free_now_ = free_soon_ - leaving - loading;
  }

  MemoryPlan Make() {
    // What was measured may be more than what was promised.
    if (free_soon_ < 0) MakeRoom(static_cast<uint64_t>(-free_soon_), nullptr);
    for (size_t i = 0; i < claims_.size(); ++i) {
      if (claims_[i].phase == Phase::kAsked) Decide(i);
    }
    return std::move(plan_);
  }

 private:
  void Decide(size_t index) {
    const MemoryClaim& ask = claims_[index];
    const auto bytes = static_cast<int64_t>(ask.bytes);
    if (bytes <= std::min(free_now_, free_soon_)) {
      plan_.grant.push_back(index);
      free_now_ -= bytes + static_cast<int64_t>(ask.while_loading);
    } else if ((!ask.may_evict && bytes > free_soon_) || NeverFits(ask)) {
      return plan_.refuse.push_back({.claim = index, .for_now = !ask.may_evict, .reason = WhyNot(ask)});
    } else if (bytes > free_soon_) {
      MakeRoom(static_cast<uint64_t>(bytes - free_soon_), &ask);
    }
    free_soon_ -= bytes;  // whoever has to wait keeps what he needs from those behind him
  }

  // Not even when everybody who may go has gone. What is no model's stays: nobody knows for how long; but while a load
  // is on its way, some of that is what this load needs until it has ended.
  bool NeverFits(const MemoryClaim& ask) const {
    const bool loads = std::ranges::any_of(claims_, [](const auto& claim) { return claim.phase == Phase::kPromised; });
    uint64_t stays = loads ? 0 : other_bytes_;
    for (const MemoryClaim& claim : claims_) {
      const bool holds = claim.phase == Phase::kHeld || claim.phase == Phase::kPromised;
      if (holds && !MayGoFor(&ask, claim)) stays += claim.bytes;
    }
    return stays > budget_ || ask.bytes > budget_ - stays;
  }

  // A version that would go for its successor.
  static bool IsOwn(const MemoryClaim* ask, const MemoryClaim& claim) {
    return ask != nullptr && ask->may_replace && claim.stands_in && claim.id.name == ask->id.name;
  }

  // What serves never goes for another generation of itself: its files are gone, so nobody could bring it back.
  static bool MayGoFor(const MemoryClaim* ask, const MemoryClaim& claim) {
    if (ask != nullptr && claim.id == ask->id) return false;
    return IsOwn(ask, claim) || (claim.may_go && !claim.stands_in);
  }

  // Lets go of the least valuable until `missing` bytes are found. If there are not so many yet, nobody goes for one
  // who asks, who then waits: those who came a moment ago, or are still coming, may go later.
  void MakeRoom(uint64_t missing, const MemoryClaim* ask) {
    std::vector<size_t> chosen;
    uint64_t found = 0;
    bool any_too_early = false;
    for (const size_t i : Candidates(ask)) {
      if (found >= missing) break;
      any_too_early = any_too_early || claims_[i].too_early;
      if (claims_[i].too_early) continue;
      chosen.push_back(i);
      found += claims_[i].bytes;
    }
    if (found < missing) {
      plan_.waits_for_time = plan_.waits_for_time || any_too_early;
      if (ask != nullptr) return;
    }
    DropNeedless(chosen, found, missing);
    for (const size_t i : chosen) {
      goes_[i] = true;
      free_soon_ += static_cast<int64_t>(claims_[i].bytes);
      plan_.evict.push_back(i);
    }
  }

  // Whoever was chosen before a larger one may not be needed any more: the most valuable are spared first.
  void DropNeedless(std::vector<size_t>& chosen, uint64_t found, uint64_t missing) const {
    for (size_t k = chosen.size(); k-- > 0;) {
      const uint64_t bytes = claims_[chosen[k]].bytes;
      if (found < missing || found - missing < bytes) continue;
      found -= bytes;
      chosen.erase(chosen.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }

  std::vector<size_t> Candidates(const MemoryClaim* ask) const {
    std::vector<size_t> candidates;
    for (size_t i = 0; i < claims_.size(); ++i) {
      const MemoryClaim& claim = claims_[i];
      if (claim.phase != Phase::kHeld || goes_[i] || claim.bytes == 0) continue;
      if (MayGoFor(ask, claim)) candidates.push_back(i);
    }
    const auto rank = [&](size_t i) {
      const MemoryClaim& claim = claims_[i];
      return std::tuple(IsOwn(ask, claim), claim.value, i);
    };
    std::ranges::sort(candidates, {}, rank);
    return candidates;
  }

  std::string WhyNot(const MemoryClaim& ask) const {
    std::string text = "no room in memory for model '" + ask.id.name + "' version " + std::to_string(ask.id.version) +
                       ", which needs about " + BytesText(ask.bytes) + " of a budget of " + BytesText(budget_) +
                       (device_.empty() ? "" : " on " + device_);
    if (ask.bytes > budget_) return text;
    return text + ": " + Holders();
  }

  // The largest first.
  std::string Holders() const {
    std::vector<const MemoryClaim*> holders;
    for (const MemoryClaim& claim : claims_) {
      if (claim.phase != Phase::kAsked && claim.bytes > 0) holders.push_back(&claim);
    }
    std::ranges::stable_sort(holders, std::ranges::greater(), &MemoryClaim::bytes);
    std::string text;
    for (size_t i = 0; i < holders.size() && i < kMostNamed; ++i) {
      text += (i == 0 ? "" : ", ") + holders[i]->id.text() + " holds " + BytesText(holders[i]->bytes);
    }
    if (holders.size() > kMostNamed) text += " and " + std::to_string(holders.size() - kMostNamed) + " more models";
    if (other_bytes_ > 0) text += (text.empty() ? "" : ", ") + ("requests and all else " + BytesText(other_bytes_));
    return text.empty() ? "others wait for it" : text;
  }

  const uint64_t budget_;
  const uint64_t other_bytes_;
  const std::span<const MemoryClaim> claims_;
  const std::string& device_;
  std::vector<bool> goes_;
  int64_t free_now_ = 0;
  int64_t free_soon_ = 0;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan PlanMemory(uint64_t budget, uint64_t other_bytes, std::span<const MemoryClaim> claims,
                      const std::string& device) {
  return Planning(budget, other_bytes, claims, device).Make();
}

std::string BytesText(uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  auto value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 10 ? "%.1f %s" : "%.0f %s", value, kUnits.at(unit));
  return text.data();
}

}  // namespace trireme
