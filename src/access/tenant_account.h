// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "access/quota.h"
#include "access/token_bucket.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"

namespace trireme {

// What one tenant has of his quota, now. A second's worth is kept for a burst, one request at least.
//
// What processor time a request takes is known when it has been run; until then what his requests took of late is
// reserved for each. Thread-safe; one short lock a call.
class TenantAccount {
 public:
  // `who` stands in refusals: "tenant 'shop' is". The clock must outlive it.
  TenantAccount(const Quota& quota, std::string who, const Clock& clock);

  // Whether a request would be taken now; kOverloaded says when to try again. A refusal is counted.
  Status Look() { return Ask(/*takes=*/false); }
  // Takes it.
  Status Take() { return Ask(/*takes=*/true); }

  bool counts_processors() const { return quota_.processors.has_value(); }
  // Of a request that is about to run: what it is expected to take, which Settle() is to be told. In seconds.
  double Reserve();
  // It took `spent`; 0: it was not run.
  void Settle(double reserved, double spent);

  uint64_t refused() const;
  // Whether it is as new: to forget it changes nothing.
  bool IsAtRest();

 private:
  Status Ask(bool takes);
  Status Refuse(const std::string& quota, Duration wait) REQUIRES(mutex_);

  const Quota quota_;
  const std::string who_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::optional<TokenBucket> requests_ GUARDED_BY(mutex_);
  std::optional<TokenBucket> processors_ GUARDED_BY(mutex_);  // in seconds
  double expected_ GUARDED_BY(mutex_) = 0;                    // seconds of one request
  uint64_t refused_ GUARDED_BY(mutex_) = 0;
};

// A request's part of its tenant's processor time, from before its run to after it. Whoever lets go of it without
// Spend() has not run.
class ProcessorShare {
 public:
  explicit ProcessorShare(std::shared_ptr<TenantAccount> account)
      : account_(std::move(account)), reserved_(account_->Reserve()) {}
  ProcessorShare(ProcessorShare&&) noexcept = default;
  ProcessorShare& operator=(ProcessorShare&&) = delete;
  ~ProcessorShare() {
    if (account_ != nullptr) account_->Settle(reserved_, 0);
  }

  // Once: in seconds of one processor.
  void Spend(double seconds) {
    account_->Settle(reserved_, seconds);
    account_.reset();
  }

 private:
  std::shared_ptr<TenantAccount> account_;  // shared with the quotas, which may forget a tenant
  double reserved_;
};

}  // namespace trireme
