// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/log.h"
#include "base/status.h"
#include "tensor/device.h"

namespace trireme::torch_backend {

// The library as a whole. Thread-safe.

// Once, before anything else: no pool of threads beside those that runs ask for, warnings of programs off, and kernels
// for quantised models chosen.
void PrepareLibrary();

// As many threads as the calling thread's runs may use from now on.
void UseThreads(int threads);

// "libtorch 1.13.1"
std::string LibraryVersion();

// kUnsupported: what is missing.
Status RunsOnDevice(const Device& device);

// Makes the operators of torchvision known (boxes, non-maximum suppression, alignment of regions). They lie in a
// library of their own: TRIREME_TORCHVISION names it, else Debian's python3-torchvision has it. kUnsupported: it is not
// there, or cannot be opened.
Status LoadTorchvision();

}  // namespace trireme::torch_backend
