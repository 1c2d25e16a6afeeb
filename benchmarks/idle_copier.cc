// SPDX-License-Identifier: Apache-2.0
// idle_copier
//
// Copies memory in the time that nobody else wants, until it is told to end: the least that any neighbour does who
// works at all.
#include <sched.h>

#include <cstddef>
#include <cstring>
#include <iostream>
#include <vector>

int main() {
  const sched_param param{};
  if (sched_setscheduler(0, SCHED_IDLE, &param) != 0) {
    std::cerr << "idle_copier: the system refuses SCHED_IDLE\n";
    return 1;
  }
  constexpr size_t kBytes = size_t{64} << 20;
  const std::vector<char> from(kBytes, 1);
  std::vector<char> to(kBytes);
  while (true) {
    std::memcpy(to.data(), from.data(), kBytes);
    asm volatile("" : : "r"(to.data()) : "memory");  // somebody might look at it
  }
}
