// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trireme {

// A piece of work that is handed to another thread without an allocation: what is handed over derives from it.
// Whoever takes the task runs it exactly once; Run() also ends its life (it usually destroys its object).
class Task {
 public:
  virtual void Run() = 0;

  Task* next = nullptr;  // for the queue that holds it

 protected:
  ~Task() = default;  // never destroyed through this base
};

}  // namespace trireme
