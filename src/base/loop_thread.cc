// SPDX-License-Identifier: Apache-2.0
#include "base/loop_thread.h"

namespace trireme {
namespace {

thread_local bool is_loop_thread = false;

}  // namespace

void BecomeLoopThread() {
  is_loop_thread = true;
}

bool OnLoopThread() {
  return is_loop_thread;
}

}  // namespace trireme
