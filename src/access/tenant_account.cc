// SPDX-License-Identifier: Apache-2.0
#include "access/tenant_account.h"

#include <algorithm>
#include <utility>

namespace trireme {
namespace {

// Of what is expected of a request, the last one's part.
constexpr double kNewest = 0.1;

std::optional<TokenBucket> BucketOf(std::optional<double> per_second, double least_kept, TimePoint now) {
  if (!per_second) return std::nullopt;
  return TokenBucket(*per_second, std::max(*per_second, least_kept), now);
}

}  // namespace

TenantAccount::TenantAccount(const Quota& quota, std::string who, const Clock& clock)
    : quota_(quota),
      who_(std::move(who)),
      clock_(clock),
      requests_(BucketOf(quota.requests_per_second, 1, clock.Now())),
      processors_(BucketOf(quota.processors, 0, clock.Now())) {}

Status TenantAccount::Ask(bool takes) {
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  if (requests_ && !requests_->Has(1, now)) {
    return Refuse(RequestsText(*quota_.requests_per_second), requests_->Until(1, now));
  }
  if (processors_ && !processors_->Has(expected_, now)) {
    return Refuse(ProcessorsText(*quota_.processors), processors_->Until(expected_, now));
  }
  if (requests_ && takes) requests_->Take(1);
  return {};
}

Status TenantAccount::Refuse(const std::string& quota, Duration wait) {
  ++refused_;
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(wait);
  std::string text = who_ + " over the quota of " + quota;
  if (whole.count() > 0) text += "; try again in " + std::to_string(whole.count()) + " ms";
  return Overloaded(std::move(text)).TryAgainIn(whole);
}

double TenantAccount::Reserve() {
  const MutexLock lock(mutex_);
  if (processors_) processors_->Take(expected_);
  return expected_;
}

void TenantAccount::Settle(double reserved, double spent) {
  const MutexLock lock(mutex_);
  if (processors_) processors_->Take(spent - reserved);
  if (spent > 0) expected_ = expected_ == 0 ? spent : expected_ + kNewest * (spent - expected_);
}

uint64_t TenantAccount::refused() const {
  const MutexLock lock(mutex_);
  return refused_;
}

bool TenantAccount::IsAtRest() {
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  return (!requests_ || requests_->IsFull(now)) && (!processors_ || processors_->IsFull(now));
}

}  // namespace trireme
