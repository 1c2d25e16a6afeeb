// SPDX-License-Identifier: Apache-2.0
// make_test_models DIR: writes model repositories for end-to-end tests: DIR/good and DIR/bad (<name>/1/model.onnx),
// DIR/triton, DIR/triton_bad and DIR/decoupled (with config.pbtxt files).
#include <filesystem>
#include <iostream>

#include "decoupled_models.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/testing/triton_models.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_test_models DIR\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  for (const auto& model : trireme::onnxfile::GoodModels()) {
    trireme::onnxfile::WriteModel(folder / "good", model.name, model.bytes);
  }
  for (const auto& model : trireme::onnxfile::BadModels()) {
    trireme::onnxfile::WriteModel(folder / "bad", model.name, model.bytes);
  }
  trireme::onnxfile::WriteFiles(folder / "triton", trireme::onnxfile::TritonModels());
  trireme::onnxfile::WriteFiles(folder / "triton_bad", trireme::onnxfile::FaultyTritonModels());
  trireme::onnxfile::WriteFiles(folder / "decoupled", trireme::DecoupledModels());
  return 0;
}
