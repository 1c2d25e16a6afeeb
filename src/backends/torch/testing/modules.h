// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace trireme::torch_backend {

// Writes FOLDER/NAME.pt: a module with such a forward (TorchScript's Python, from "def" on) and parameters of these
// names and shapes, filled with a row of numbers; its path.
std::filesystem::path WriteModule(const std::filesystem::path& folder, const std::string& name,
                                  const std::string& forward,
                                  const std::vector<std::pair<std::string, std::vector<int64_t>>>& parameters = {});

}  // namespace trireme::torch_backend
