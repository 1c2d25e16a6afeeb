// SPDX-License-Identifier: Apache-2.0
// copy_model MODEL FOLDER COUNT
//
// Writes NAME_000.onnx, NAME_001.onnx ... into the folder: copies of an ONNX model with other weights each, so that a
// server can share nothing between them. What is there already is left alone.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>

#include "bench/model_copies.h"

namespace {

using trireme::bench::ModelCopies;

trireme::Status WriteCopies(const std::filesystem::path& model, const std::filesystem::path& folder, int count) {
  ASSIGN_OR_RETURN(const ModelCopies copies, ModelCopies::Of(model));
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 3 - std::min<size_t>(number.size(), 3), '0');
    const std::filesystem::path to = folder / (model.stem().string() + "_" + number + ".onnx");
    if (std::filesystem::exists(to)) continue;
    RETURN_IF_ERROR(copies.Write(to, static_cast<uint64_t>(i) + 1));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  const std::string_view text = argc == 4 ? argv[3] : "";
  std::from_chars(text.data(), text.data() + text.size(), count);
  if (count < 1 || count > 100'000) {
    std::cerr << "usage: copy_model MODEL FOLDER COUNT, with a COUNT of 1 to 100000\n";
    return 2;
  }
  if (const trireme::Status done = WriteCopies(argv[1], argv[2], count); !done.ok()) {
    std::cerr << "copy_model: " << done.message() << '\n';
    return 1;
  }
  return 0;
}
