// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace trireme {

// Many threads put items in, one takes all of them out at once, in the order they came. Lock-free; an item is linked
// by its own `T* next`, so a push allocates nothing. It owns nothing.
template <typename T>
class IntrusiveStack {
 public:
  // True if it was empty: the one push that must wake the taker.
  bool Push(T* item) {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      item->next = head;
      // Sequentially consistent, because a taker that goes to sleep announces it and then looks here once more: of its
      // announcement and this push, one must be seen by the other side.
    } while (!head_.compare_exchange_weak(head, item, std::memory_order_seq_cst));
    return head == nullptr;
  }

  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // The first of a chain linked by `next`, oldest first, or nullptr.
  T* TakeAll() {
    T* newest_first = head_.exchange(nullptr, std::memory_order_seq_cst);
    T* oldest_first = nullptr;
    while (newest_first != nullptr) {
      T* item = newest_first;
      newest_first = item->next;
      item->next = oldest_first;
      oldest_first = item;
    }
    return oldest_first;
  }

 private:
  std::atomic<T*> head_ = nullptr;  // publishes the items' contents to the taker
};

}  // namespace trireme
