// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "base/status.h"

namespace trireme::onnx {

// How a session is to be made and run, as far as somebody may choose: the settings that Triton's ONNX Runtime backend
// has (https://github.com/triton-inference-server/onnxruntime_backend), by the same names and with the same values; and
// "map_weights", which is ours.
struct SessionSettings {
  enum class Optimization { kAll, kExtended, kBasic, kNone };

  Optimization optimization = Optimization::kAll;
  int threads = 1;             // that one operator may use
  bool may_be_helped = false;  // by the environment's threads (helper_threads.h), whatever `threads` says
  bool parallel = false;       // operators that do not need one another run at the same time
  int inter_op_threads = 1;    // of those, so many; 0: as many as the runtime thinks fit
  bool memory_arena = true;    // the one that all sessions share
  bool memory_pattern = true;  // one block a run for all that lies between operators, where shapes repeat
  bool shrink_arena = false;   // after each run
  bool map_weights = false;    // data files stay mapped while the model is open, and are not to be written over
  std::vector<std::pair<std::string, std::string>> entries;  // further session settings, by the runtime's own names
  std::vector<std::pair<std::string, std::string>> cuda_entries;  // of the CUDA provider, by its own names
  std::vector<std::string> ignored;                               // what was given and has no effect here
};

// kInvalidArgument names the setting, what is expected and what was given. Settings of "session." that this server does
// not know are refused, since among them are some that read, write or load files; others are ignored.
Result<SessionSettings> ReadSessionSettings(const OpenOptions& options);

}  // namespace trireme::onnx
