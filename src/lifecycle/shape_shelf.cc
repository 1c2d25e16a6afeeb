// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/shape_shelf.h"

namespace trireme {

std::shared_ptr<ShapeBook> ShapeShelf::Take(const std::string& model) {
  const MutexLock lock(mutex_);
  if (!places_.contains(model)) MakeRoom();
  Place& place = places_[model];
  if (place.book == nullptr) place.book = std::make_shared<ShapeBook>();
  place.taken = ++takes_;
  return place.book;
}

// Puts the book away that nobody holds and that was not taken for the longest time. Lines hold theirs: so many models
// in memory are more than the bound.
void ShapeShelf::MakeRoom() {
  if (places_.size() < kMostModels) return;
  auto oldest = places_.end();
  for (auto at = places_.begin(); at != places_.end(); ++at) {
    if (at->second.book.use_count() > 1) continue;
    if (oldest == places_.end() || at->second.taken < oldest->second.taken) oldest = at;
  }
  if (oldest != places_.end()) places_.erase(oldest);
}

size_t ShapeShelf::size() const {
  const MutexLock lock(mutex_);
  return places_.size();
}

}  // namespace trireme
