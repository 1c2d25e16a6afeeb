// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// Says of the calling thread, once and for good, that it is an event loop's.
void BecomeLoopThread();

// Whether it is: what it does is done instead of reading and writing connections.
bool OnLoopThread();

}  // namespace trireme
