// SPDX-License-Identifier: Apache-2.0
#include "engine/turn_line.h"

#include <algorithm>
#include <utility>

namespace trireme {

std::unique_ptr<TurnTask> TurnLine::Push(std::unique_ptr<TurnTask>&& task) {
  if (full()) return std::move(task);
  line_.push_back({.list = &line_});
  line_.back().task = std::move(task);
  ++tasks_;
  return nullptr;
}

void TurnLine::PushFirst(std::unique_ptr<TurnTask>&& task) {
  first_.push_back({.is_first = true, .list = &first_});
  first_.back().task = std::move(task);
  ++tasks_;
}

std::optional<TurnLine::Turn> TurnLine::Take(TimePoint now) {
  for (std::list<Entry>* list : {&first_, &line_, &for_memory_}) {
    if (const auto unwanted = TakeUnwanted(*list, now)) return unwanted;
  }
  if (!for_memory_.empty()) {
    const Place front = for_memory_.begin();
    if (HasRoom(*front)) return Begin(front);
    if (bytes_ == 0) return Refusing(front);
  }
  for (std::list<Entry>* list : {after_first_ ? &line_ : &first_, after_first_ ? &first_ : &line_}) {
    const auto taken = TakeFrom(*list);
    if (!taken) continue;
    after_first_ = list == &first_;
    return taken;
  }
  return std::nullopt;
}

std::optional<TurnLine::Turn> TurnLine::TakeUnwanted(std::list<Entry>& list, TimePoint now) {
  for (auto place = list.begin(); place != list.end();) {
    const Place unwanted = place++;
    if (unwanted->task->IsWanted(now)) continue;
    Stop(unwanted);
    if (unwanted->running == 0) return Ending(unwanted);
  }
  return std::nullopt;
}

std::optional<TurnLine::Turn> TurnLine::TakeFrom(std::list<Entry>& list) {
  for (auto place = list.begin(); place != list.end(); ++place) {
    if (MayTake(*place)) return Begin(place);
  }
  return std::nullopt;
}

std::optional<TurnLine::Turn> TurnLine::Prepared(const Turn& turn, const TurnPlan& plan, TimePoint now) {
  const Place place = turn.place_;
  Entry& entry = *place;
  entry.running = 0;
  entry.plan = plan;
  entry.is_prepared = true;
  if (plan.turns == 0 || !entry.task->IsWanted(now)) return Ending(place);
  if (!entry.is_first && effort_ > 0 && plan.effort > options_.max_effort - std::min(effort_, options_.max_effort)) {
    return Refusing(place);
  }
  effort_ += plan.effort;
  entry.is_counted = true;
  if (for_memory_.empty() && HasRoom(entry)) return Begin(place);
  if (for_memory_.empty() && bytes_ == 0) return Refusing(place);
  Move(place, for_memory_);
  return std::nullopt;
}

std::optional<TurnLine::Turn> TurnLine::Done(const Turn& turn, TimePoint now) {
  Entry& entry = *turn.place_;
  --entry.running;
  if (entry.running > 0) bytes_ -= entry.plan.turn_bytes;
  if (!entry.is_over && !entry.task->IsWanted(now)) Stop(turn.place_);
  if (entry.running > 0 || (!entry.is_over && entry.next < entry.plan.turns)) return std::nullopt;
  return Ending(turn.place_);
}

std::unique_ptr<TurnTask> TurnLine::Ended(const Turn& turn) {
  Entry& entry = *turn.place_;
  if (entry.is_started) bytes_ -= entry.plan.held_bytes;
  if (entry.is_counted) effort_ -= entry.plan.effort;
  std::unique_ptr<TurnTask> task = std::move(entry.task);
  out_.erase(turn.place_);
  --tasks_;
  return task;
}

bool TurnLine::HasTurn() const {
  if (!first_.empty() || !line_.empty()) return true;
  return !for_memory_.empty() && (bytes_ == 0 || HasRoom(for_memory_.front()));
}

// The next step of a task that may be taken.
TurnLine::Turn TurnLine::Begin(Place place) {
  Entry& entry = *place;
  if (!entry.is_prepared) {
    Move(place, out_);
    entry.running = 1;
    return {Step::kPrepare, place};
  }
  if (!entry.is_started) bytes_ += entry.plan.held_bytes;
  if (entry.running > 0) bytes_ += entry.plan.turn_bytes;
  entry.is_started = true;
  ++entry.running;
  const size_t number = entry.next++;
  // To the end of its line, where the next worker finds it.
  Move(place, entry.next == entry.plan.turns ? out_ : entry.is_first ? first_ : line_);
  return {Step::kDo, place, number};
}

TurnLine::Turn TurnLine::Ending(Place place) {
  place->running = 1;
  return {Step::kEnd, place};
}

TurnLine::Turn TurnLine::Refusing(Place place) {
  Stop(place);
  place->running = 1;
  return {Step::kRefuse, place};
}

// What ends something may be the only task whatever is taken elsewhere, because it cannot be refused.
bool TurnLine::HasRoom(const Entry& entry) const {
  return (entry.is_first && bytes_ == 0) || HasRoom(entry.plan.held_bytes);
}

// It may be larger than all there is: then it has to be alone.
bool TurnLine::HasRoom(size_t bytes) const {
  const size_t taken = bytes_ + (options_.bytes_elsewhere ? options_.bytes_elsewhere() : 0);
  return taken == 0 || (taken <= options_.max_bytes && bytes <= options_.max_bytes - taken);
}

bool TurnLine::MayTake(const Entry& entry) const {
  return !entry.is_prepared || entry.running == 0 || HasRoom(entry.plan.turn_bytes);
}

void TurnLine::Stop(Place place) {
  place->is_over = true;
  Move(place, out_);
}

void TurnLine::Move(Place place, std::list<Entry>& to) {
  to.splice(to.end(), *place->list, place);
  place->list = &to;
}

}  // namespace trireme
