// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace trireme {

// The memory in which models live, where the process's malloc is jemalloc (http://jemalloc.net/jemalloc.3.html); with
// another one nothing here has an effect. Thread-safe.

// Makes now the arenas that threads will allocate from, which else come with a thread's first allocation: jemalloc does
// not survive it if there is no memory for one then. False: there is none now. For a process whose memory the system
// bounds, before it has threads.
bool MakeArenas();

// From now on the calling thread takes its memory from an arena that all threads which load share, apart from that of
// requests: what a model leaves behind is then in one place, and can be given back without touching what is hot.
void UseLoadMemory();

// Bytes that the calling thread has allocated so far less those that it has freed, whoever had allocated them. Nothing:
// the process's malloc does not count.
std::optional<int64_t> AllocatedByThisThread();

// The same of the whole process: what is in use, not what is kept for later. Takes a tenth of a millisecond.
std::optional<uint64_t> AllocatedByProcess();

// Gives to the system what nobody uses of that arena. Takes milliseconds: for threads that load.
void GiveBackLoadMemory();

// How much that would be: what is kept the next load takes, and the system need not clear it anew. Looks at every arena
// for a moment, so that a thread that stands back for all others should not. Takes a tenth of a millisecond.
uint64_t KeptLoadMemory();

}  // namespace trireme
