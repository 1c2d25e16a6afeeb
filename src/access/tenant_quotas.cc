// SPDX-License-Identifier: Apache-2.0
#include "access/tenant_quotas.h"

#include <algorithm>

namespace trireme {
namespace {

// How often those that are at rest are looked for, at most: it takes some 20 us.
constexpr std::chrono::seconds kSweepInterval{1};

std::string Who(std::string_view tenant) {
  if (tenant.empty()) return "requests without a tenant are";
  return "tenant '" + std::string(tenant) + "' is";
}

}  // namespace

TenantQuotas::TenantQuotas(const Quotas& quotas, const Clock& clock) : clock_(clock), swept_at_(clock.Now()) {
  for (const auto& [tenant, quota] : quotas) {
    if (tenant == kAnyTenant) {
      any_ = quota;
      together_ = std::make_shared<TenantAccount>(quota, "tenants without a quota of their own are", clock);
    } else {
      named_.emplace(tenant, std::make_shared<TenantAccount>(quota, Who(tenant), clock));
    }
  }
}

Status TenantQuotas::Look(std::string_view tenant) {
  const std::shared_ptr<TenantAccount> account = Find(tenant);
  return account == nullptr ? Status() : account->Look();
}

Status TenantQuotas::Take(std::string_view tenant) {
  const std::shared_ptr<TenantAccount> account = Find(tenant);
  return account == nullptr ? Status() : account->Take();
}

std::shared_ptr<TenantAccount> TenantQuotas::ProcessorsOf(std::string_view tenant) {
  std::shared_ptr<TenantAccount> account = Find(tenant);
  return account != nullptr && account->counts_processors() ? account : nullptr;
}

std::shared_ptr<TenantAccount> TenantQuotas::Find(std::string_view tenant) {
  const auto named = named_.find(tenant);
  if (named != named_.end()) return named->second;
  return any_ ? FindOther(tenant) : nullptr;
}

std::shared_ptr<TenantAccount> TenantQuotas::FindOther(std::string_view tenant) {
  const MutexLock lock(mutex_);
  const auto found = others_.find(tenant);
  if (found != others_.end()) return found->second;
  if (others_.size() >= kMostOthers) Sweep();
  if (others_.size() >= kMostOthers) return together_;
  return others_.emplace(tenant, std::make_shared<TenantAccount>(*any_, Who(tenant), clock_)).first->second;
}

void TenantQuotas::Sweep() {
  const TimePoint now = clock_.Now();
  if (now < swept_at_ + kSweepInterval) return;
  swept_at_ = now;
  std::erase_if(others_, [this](const auto& other) NO_THREAD_SAFETY_ANALYSIS {  // under the lock
    // Who has requests under way will be told what they took.
    if (other.second.use_count() > 1 || !other.second->IsAtRest()) return false;
    refused_before_ += other.second->refused();
    return true;
  });
}

std::vector<std::pair<std::string, uint64_t>> TenantQuotas::Refused() const {
  std::vector<std::pair<std::string, uint64_t>> refused;
  refused.reserve(named_.size() + 1);
  for (const auto& [tenant, account] : named_) refused.emplace_back(tenant, account->refused());
  std::ranges::sort(refused);
  if (!any_) return refused;
  // There may be one who is really called so.
  const auto named = std::ranges::find(refused, kOtherTenants, &std::pair<std::string, uint64_t>::first);
  uint64_t& others = named == refused.end() ? refused.emplace_back(kOtherTenants, 0).second : named->second;
  const MutexLock lock(mutex_);
  others += refused_before_ + together_->refused();
  for (const auto& [tenant, account] : others_) others += account->refused();
  return refused;
}

}  // namespace trireme
