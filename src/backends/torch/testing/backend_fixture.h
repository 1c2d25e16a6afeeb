// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "backends/torch/testing/modules.h"
#include "backends/torch/torch_backend.h"
#include "base/testing/temp_dir.h"

namespace trireme::torch_backend {

// The backend with a folder for modules, and what is needed to run them.
class TorchBackendFixture : public testing::Test {
 protected:
  using Parameters = std::vector<std::pair<std::string, std::vector<int64_t>>>;

  std::filesystem::path Write(const std::string& forward, const Parameters& parameters = {}) {
    return WriteWith(forward, {.parameters = parameters});
  }

  std::filesystem::path WriteWith(const std::string& forward, const ModuleParts& parts) {
    return WriteModule(folder_.path(), "m" + std::to_string(written_++), forward, parts);
  }

  std::unique_ptr<OpenModel> Open(const ModelSource& source, const OpenOptions& options = {}) {
    Result<Opened> opened = backend_->Open(source, options);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? std::get<std::unique_ptr<OpenModel>>(std::move(opened).value()) : nullptr;
  }

  std::unique_ptr<OpenModel> Module(const std::string& forward, const Parameters& parameters = {}) {
    return Open({.path = Write(forward, parameters)});
  }

  Status OpenError(const ModelSource& source, const OpenOptions& options = {}) {
    const Result<Opened> opened = backend_->Open(source, options);
    EXPECT_FALSE(opened.ok());
    return opened.ok() ? Status() : opened.status();
  }

  static std::vector<std::string> Shown(const std::vector<TensorSpec>& specs) {
    std::vector<std::string> shown;
    for (const TensorSpec& spec : specs) {
      shown.push_back(spec.name + " " + std::string(Name(spec.type)) + spec.shape.ToString());
    }
    return shown;
  }

  Tensor Numbers(const Shape& shape, float first = 0) {
    Tensor tensor = MakeTensor(pool_, DataType::kFp32, shape);
    for (float& element : tensor.MutableAs<float>()) element = first++;
    return tensor;
  }

  static std::vector<int> All(const OpenModel& model) {
    std::vector<int> wanted;
    for (size_t i = 0; i < model.signature().outputs.size(); ++i) wanted.push_back(static_cast<int>(i));
    return wanted;
  }

  static Result<std::vector<Tensor>> Run(OpenModel& model, const std::vector<Tensor>& inputs) {
    return model.Run(inputs, All(model), {});
  }

  MemoryPool pool_;
  Logger log_{2, Logger::Form::kText, LogLevel::kError};
  TempDir folder_;
  int written_ = 0;
  std::unique_ptr<Backend> backend_ = CreateBackend({pool_, log_, folder_.path()}).value();
};

}  // namespace trireme::torch_backend
