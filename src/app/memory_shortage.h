// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// For `main`, before there are threads: from now on a start that finds too little memory ends the process with the
// reason on stderr and kExitFailure, and so does a thread that cannot be had. Loads of models are none of the main
// thread's and fail by themselves.
void EndTheStartWithoutMemory();

// For the main thread: what runs out of memory from now on is refused, or tried again (base/out_of_memory.h).
void StartIsOver();

}  // namespace trireme
