// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/quota.h"
#include "access/tenant_account.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"

namespace trireme {

// Whoever has no quota of his own has this one's, each for himself; so have all together who name no tenant.
inline constexpr std::string_view kAnyTenant = "*";

// How tenants without a quota of their own are called where they are counted together.
inline constexpr std::string_view kOtherTenants = "other";

// What each tenant may ask for. Thread-safe; a look costs a look-up and a short lock.
//
// Tenants without a quota of their own are remembered while that makes a difference, and kMostOthers at most: where
// more ask at a time, those that find no place have one account together.
class TenantQuotas {
 public:
  using Quotas = std::map<std::string, Quota, std::less<>>;  // by tenant; of kAnyTenant: of those without one

  // The clock must outlive it.
  explicit TenantQuotas(const Quotas& quotas, const Clock& clock = Clock::System());

  // Whether there are any.
  bool any() const { return !named_.empty() || any_.has_value(); }

  // Whether a request of his would be taken now: for those who can spare themselves the rest of it. kOverloaded names
  // tenant and quota, and says when to try again; it is counted. An empty name: he named none.
  Status Look(std::string_view tenant);

  // The same, and takes it. Once a request.
  Status Take(std::string_view tenant);

  // Where what his runs take is counted; null: nobody wants to know. Shared with requests that are under way.
  std::shared_ptr<TenantAccount> ProcessorsOf(std::string_view tenant);

  // How many requests were refused: those who have a quota of their own, by name, and kOtherTenants last, if there is
  // a quota for these.
  std::vector<std::pair<std::string, uint64_t>> Refused() const;

  static constexpr size_t kMostOthers = 1024;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the name that the standard looks for
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Accounts = std::unordered_map<std::string, std::shared_ptr<TenantAccount>, Hash, std::equal_to<>>;

  // Null: nothing bounds him.
  std::shared_ptr<TenantAccount> Find(std::string_view tenant);
  std::shared_ptr<TenantAccount> FindOther(std::string_view tenant);
  void Sweep() REQUIRES(mutex_);

  const Clock& clock_;
  Accounts named_;  // does not change
  std::optional<Quota> any_;
  std::shared_ptr<TenantAccount> together_;  // of those who find no place; null without any_

  mutable Mutex mutex_;
  Accounts others_ GUARDED_BY(mutex_);
  TimePoint swept_at_ GUARDED_BY(mutex_);
  uint64_t refused_before_ GUARDED_BY(mutex_) = 0;  // of those who are forgotten
};

}  // namespace trireme
