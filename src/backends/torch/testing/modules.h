// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace trireme::torch_backend {

// What a module has besides its program.
struct ModuleParts {
  // Of these names and shapes, filled with a row of numbers.
  std::vector<std::pair<std::string, std::vector<int64_t>>> parameters = {};
  std::vector<std::string> buffers = {};  // Tensor: a zero
  std::vector<std::string> lists = {};    // List[Tensor], of a zero
  std::vector<std::string> dicts = {};    // Dict[str, Tensor], with a zero under "n"
  // What detectors set as they run: warned (bool, false), count (int, 0), memo (Optional[Tensor], None) and grid
  // (List[Tensor], of two zeros).
  bool settable = false;
  // Its class, "torchvision.models.detection.X"; then it has scales (Optional[Tensor], None) and _has_warned (bool,
  // false), which torchvision's detectors set. Empty: its file's.
  std::string detector = {};
};

// Writes FOLDER/NAME.pt: a module with such a forward (TorchScript's Python, from "def" on; there may be other methods
// in front); its path.
std::filesystem::path WriteModule(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& forward, const ModuleParts& parts = {});

}  // namespace trireme::torch_backend
