// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <string>

#include "backend/backend.h"
#include "base/memory_pool.h"
#include "model/signature.h"
#include "scheduler/shape_book.h"

namespace trireme {

// What came of warming a model up with the shapes that requests had lately.
struct ShapeWarmup {
  int warm = 0;         // that it was run with, or was tried with before
  int failed = 0;       // that it did not take, which may be for the values: they are made up
  std::string why;      // the first of those, and what the model said
  bool is_done = true;  // false: it was enough before all were run
};

// Runs it once on made-up input of each shape, until `enough`, which is asked before each run. What does not fit the
// signature, which may be another one than that of the model that was asked, is passed over; so is what takes more than
// kMaxWarmupBytes. `tried` was run already.
//
// `signature` is what the model itself takes and gives. On a loader thread.
ShapeWarmup WarmUpShapes(OpenModel& model, const Signature& signature, std::span<const InputShapes> shapes,
                         const InputShapes& tried, MemoryPool& pool, const std::function<bool()>& enough);

}  // namespace trireme
