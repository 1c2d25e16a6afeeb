// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace trireme::kserve {

// Puts what comes in any order back into the order of its numbers: 0, 1, 2 and so on, each of which comes once.
template <typename T>
class InOrder {
 public:
  void Put(uint64_t number, T value) {
    const auto ahead = static_cast<size_t>(number - next_);
    if (ahead >= waiting_.size()) waiting_.resize(ahead + 1);
    waiting_[ahead] = std::move(value);
  }

  // The next one, if it is here.
  std::optional<T> Take() {
    if (waiting_.empty() || !waiting_.front()) return std::nullopt;
    std::optional<T> taken = std::move(waiting_.front());
    waiting_.pop_front();
    ++next_;
    return taken;
  }

 private:
  uint64_t next_ = 0;                     // the number of the front
  std::deque<std::optional<T>> waiting_;  // with gaps for what has not come yet
};

}  // namespace trireme::kserve
