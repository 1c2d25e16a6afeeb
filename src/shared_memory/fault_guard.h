// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace trireme {

// Memory that somebody else may take away. A file that is mapped can be made shorter by whoever owns it, and the next
// touch of a page that is gone is a SIGBUS, which ends the process. While a GuardedRange covers it, such a page is
// replaced by one of zeros instead, and the touch goes on. (mmap(2), "SIGBUS"; the handler is installed when the first
// range is made, and passes on what lies in none.)
//
// A bounded number of ranges may exist at a time: kMaxRanges. Making and destroying is thread-safe.
class GuardedRange {
 public:
  static constexpr size_t kMaxRanges = 4096;

  // Whole pages of this process. `guarded()` is false if there are too many.
  GuardedRange(const void* begin, size_t bytes);
  ~GuardedRange();
  GuardedRange(const GuardedRange&) = delete;
  GuardedRange& operator=(const GuardedRange&) = delete;

  bool guarded() const { return slot_ != kNone; }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  size_t slot_ = kNone;
};

}  // namespace trireme
