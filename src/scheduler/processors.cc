// SPDX-License-Identifier: Apache-2.0
#include "scheduler/processors.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace trireme {
namespace {

// How much longer the wait must be than the run that is let in before its turn.
constexpr int kExpressShare = 4;

}  // namespace

Processors::Processors(int count) : count_(std::max(count, 1)), uses_(static_cast<size_t>(count_)) {}

std::shared_ptr<Processors::Member> Processors::Join(double weight, std::function<void()> granted) {
  CHECK(weight > 0);
  auto member = std::make_shared<Member>(weight, std::move(granted));
  const MutexLock lock(mutex_);
  members_.push_back(member);
  return member;
}

void Processors::Leave(Member& member, TimePoint now) {
  Grants grants;
  {
    const MutexLock lock(mutex_);
    Forget(member);
    if (auto held = std::exchange(member.held_, std::nullopt)) {
      held->began = now;
      Free(member, *held, now);
    }
    CHECK(member.running_ == 0);
    std::erase_if(members_, [&](const auto& one) { return one.get() == &member; });
    GrantWhatIsFree(now, grants);
  }
  Notify(grants);
  const MutexLock lock(member.calling_);
  member.granted_ = nullptr;
}

bool Processors::AllFree() const {
  return running_ == 0;
}

std::optional<int> Processors::FreeOne() const {
  const auto free = std::ranges::find(uses_, false, &Use::busy);
  if (free == uses_.end()) return std::nullopt;
  return static_cast<int>(free - uses_.begin());
}

// A line that begins after a pause has no claim to the time that it did not use.
void Processors::Activate(Member& member) {
  if (member.running_ == 0 && !member.asks_) member.virtual_time_ = std::max(member.virtual_time_, virtual_time_);
}

void Processors::Charge(Member& member, Duration time, Arrangement arrangement) const {
  const int processors = arrangement == Arrangement::kWide ? count_ : 1;
  member.virtual_time_ += static_cast<double>(time.count()) * processors / member.weight_;
}

Processors::Place Processors::Occupy(Member& member, const Wish& wish, int processor, TimePoint now) {
  Activate(member);
  virtual_time_ = std::max(virtual_time_, member.virtual_time_);
  const Place place{.arrangement = wish.arrangement, .processor = processor, .began = now, .expected = wish.expected};
  if (wish.arrangement == Arrangement::kWide) {
    std::ranges::fill(uses_, Use{.busy = true, .free_at = now + wish.expected});
  } else if (processor >= 0) {
    uses_[static_cast<size_t>(processor)] = {.busy = true, .free_at = now + wish.expected};
  } else {
    express_ = true;
  }
  ++running_;
  ++member.running_;
  Charge(member, wish.expected, wish.arrangement);  // so that it does not get every place that becomes free meanwhile
  return place;
}

bool Processors::IsExpress(const Wish& wish, TimePoint now) const {
  if (express_ || wish.arrangement == Arrangement::kWide || wish.expected <= Duration(0)) return false;
  TimePoint soonest = kNever;
  for (const Use& use : uses_) soonest = std::min(soonest, use.free_at);
  return soonest > now && wish.expected <= (soonest - now) / kExpressShare;
}

std::optional<Processors::Place> Processors::TakeFree(Member& member, const Wish& wish, TimePoint now) {
  if (auto held = std::exchange(member.held_, std::nullopt)) {
    held->began = now;
    return held;
  }
  const bool others_first = asking_ > (member.asks_ ? 1 : 0);
  if (wish.arrangement == Arrangement::kWide) {
    if (others_first || !AllFree()) return std::nullopt;
    return Occupy(member, wish, 0, now);
  }
  const std::optional<int> free = FreeOne();
  if (free && !others_first) return Occupy(member, wish, *free, now);
  if (!free && IsExpress(wish, now)) return Occupy(member, wish, -1, now);
  return std::nullopt;
}

std::optional<Processors::Place> Processors::TryTake(Member& member, const Wish& wish, TimePoint now) {
  const MutexLock lock(mutex_);
  std::optional<Place> place = TakeFree(member, wish, now);
  if (place) Forget(member);
  return place;
}

std::optional<Processors::Place> Processors::TakeOrAsk(Member& member, const Wish& wish, TimePoint now) {
  const MutexLock lock(mutex_);
  std::optional<Place> place = TakeFree(member, wish, now);
  if (place) {
    Forget(member);
  } else {
    Ask(member, wish);
  }
  return place;
}

void Processors::Forget(Member& member) {
  if (!member.asks_) return;
  member.asks_.reset();
  --asking_;
}

Processors::Grants Processors::Withdraw(Member& member, TimePoint now) {
  Grants grants;
  const MutexLock lock(mutex_);
  if (!member.asks_ && !member.held_) return grants;
  Forget(member);
  if (auto held = std::exchange(member.held_, std::nullopt)) {
    held->began = now;  // it did not run
    Free(member, *held, now);
  }
  GrantWhatIsFree(now, grants);
  return grants;
}

void Processors::Ask(Member& member, const Wish& wish) {
  if (member.held_) return;
  if (!member.asks_) {
    Activate(member);
    ++asking_;
  }
  member.asks_ = wish;
}

// A line that waits for all of them is not overtaken once it is its turn: what becomes free stays so until then.
void Processors::GrantWhatIsFree(TimePoint now, Grants& grants) {
  while (asking_ > 0) {
    std::shared_ptr<Member> next;
    for (const std::shared_ptr<Member>& member : members_) {
      if (member->asks_ && (next == nullptr || member->virtual_time_ < next->virtual_time_)) next = member;
    }
    const Wish wish = *next->asks_;
    const std::optional<int> free = FreeOne();
    if (wish.arrangement == Arrangement::kWide ? !AllFree() : !free) return;
    next->held_ = Occupy(*next, wish, wish.arrangement == Arrangement::kWide ? 0 : *free, now);
    next->asks_.reset();
    --asking_;
    grants.push_back(std::move(next));
  }
}

void Processors::Free(Member& member, const Place& place, TimePoint now) {
  Charge(member, (now - place.began) - place.expected, place.arrangement);
  if (place.arrangement == Arrangement::kWide) {
    std::ranges::fill(uses_, Use());
  } else if (place.processor >= 0) {
    uses_[static_cast<size_t>(place.processor)].busy = false;
  } else {
    express_ = false;
  }
  --running_;
  --member.running_;
}

Processors::Grants Processors::GiveBack(Member& member, const Place& place, TimePoint now,
                                        const std::optional<Wish>& next) {
  Grants grants;
  const MutexLock lock(mutex_);
  if (next) Ask(member, *next);  // while it still counts as one that was not idle
  Free(member, place, now);
  GrantWhatIsFree(now, grants);
  std::erase_if(grants, [&](const auto& one) { return one.get() == &member; });
  return grants;
}

void Processors::Notify(const Grants& grants) {
  for (const std::shared_ptr<Member>& member : grants) {
    const MutexLock lock(member->calling_);
    if (member->granted_) member->granted_();
  }
}

Processors::View Processors::Look(const Member& member, TimePoint now) const {
  View view;
  view.count = count_;
  const MutexLock lock(mutex_);
  view.at_work = running_ + asking_;
  double weights = 0;
  for (const std::shared_ptr<Member>& one : members_) {
    if (one.get() == &member || one->running_ > 0 || one->asks_) weights += one->weight_;
  }
  view.share = weights > 0 ? member.weight_ / weights : 1;
  view.free_at.reserve(uses_.size());
  for (const Use& use : uses_) view.free_at.push_back(use.busy ? std::max(use.free_at, now) : now);
  std::ranges::sort(view.free_at);
  return view;
}

int Processors::at_work() const {
  const MutexLock lock(mutex_);
  return running_ + asking_;
}

}  // namespace trireme
