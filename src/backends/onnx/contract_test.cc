// SPDX-License-Identifier: Apache-2.0
#include "backend/testing/contract.h"

#include <algorithm>
#include <string>

#include "backends/onnx/onnx_backend.h"
#include "onnxfile/testing/test_models.h"

namespace trireme {
namespace {

constexpr DataType kTypes[] = {
    DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32, DataType::kUint64,
    DataType::kInt8, DataType::kInt16, DataType::kInt32,  DataType::kInt64,  DataType::kFp16,
    DataType::kBf16, DataType::kFp32,  DataType::kFp64,   DataType::kBytes,
};

struct OnnxSubject {
  static Result<std::unique_ptr<Backend>> Make(const PluginHost& host) { return onnx::CreateBackend(host); }

  static ContractModels WriteModels(const std::filesystem::path& folder) {
    ContractModels models;
    models.add_sub = onnxfile::WriteModel(folder, "add_sub", onnxfile::AddSubModel());
    for (const DataType type : kTypes) {
      models.identity[type] = onnxfile::WriteModel(folder, Name(type), onnxfile::IdentityModel(type));
    }
    for (const auto& model : onnxfile::BadModels()) {
      // The others are models, and can be told to be unfit only by opening them.
      if (model.name != "empty" && model.name != "truncated" && model.name != "text") continue;
      models.broken[model.name] = onnxfile::WriteModel(folder, model.name, model.bytes);
    }
    return models;
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Onnx, BackendContract, OnnxSubject);

}  // namespace
}  // namespace trireme
