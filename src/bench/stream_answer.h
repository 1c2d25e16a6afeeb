// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trireme::bench {

// What the beginning of a ModelStreamInferResponse says; the tensors, which stand at its end, are not looked at.
struct StreamAnswer {
  std::string_view error;        // error_message; empty: none
  std::string_view id;           // of the request
  std::optional<bool> is_final;  // parameter triton_final_response
  bool has_outputs = false;
};

// Enough for every field in front of the tensors, unless names are very long.
inline constexpr size_t kStreamAnswerBytes = 4096;

// Reads the first bytes of one, as far as they go. Safe on any bytes; views of them.
StreamAnswer ReadStreamAnswer(std::string_view beginning);

}  // namespace trireme::bench
