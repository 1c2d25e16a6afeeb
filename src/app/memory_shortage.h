// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// For `main`, before there are threads: from now on a start that finds too little memory ends the process with the
// reason on stderr and kExitFailure, and so does a thread that cannot be had. What other threads do without memory is
// their own business: loads of models fail.
void EndWithoutMemory();

// For the main thread of a server: from now on what finds no memory is refused, or tried again (base/out_of_memory.h).
void StartIsOver();

}  // namespace trireme
