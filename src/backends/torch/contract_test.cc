// SPDX-License-Identifier: Apache-2.0
#include "backend/testing/contract.h"

#include <fstream>
#include <string>

#include "backends/torch/testing/modules.h"
#include "backends/torch/torch_backend.h"

namespace trireme {
namespace {

// TorchScript has no texts and, in all versions that this is built with, no unsigned numbers but bytes.
constexpr DataType kTypes[] = {DataType::kBool,  DataType::kUint8, DataType::kInt8, DataType::kInt16, DataType::kInt32,
                               DataType::kInt64, DataType::kFp16,  DataType::kBf16, DataType::kFp32,  DataType::kFp64};

std::filesystem::path WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

struct TorchSubject {
  static Result<std::unique_ptr<Backend>> Make(const PluginHost& host) { return torch_backend::CreateBackend(host); }

  static ContractModels WriteModels(const std::filesystem::path& folder) {
    ContractModels models;
    models.add_sub = torch_backend::WriteModule(folder, "add_sub",
                                                "def forward(self, INPUT0, INPUT1):\n"
                                                "  return INPUT0 + INPUT1, INPUT0 - INPUT1\n");
    const Shape row = {Shape::kAny, 16};
    models.declared[models.add_sub] = {
        .inputs = {{"INPUT0", DataType::kInt32, row}, {"INPUT1", DataType::kInt32, row}},
        .outputs = {{"OUTPUT0", DataType::kInt32, row}, {"OUTPUT1", DataType::kInt32, row}},
        .batched = true};
    for (const DataType type : kTypes) {
      const auto path =
          torch_backend::WriteModule(folder, std::string(Name(type)), "def forward(self, INPUT0):\n  return INPUT0\n");
      const Shape shape = {Shape::kAny, Shape::kAny};
      models.identity[type] = path;
      models.declared[path] = {
          .inputs = {{"INPUT0", type, shape}}, .outputs = {{"OUTPUT0", type, shape}}, .batched = true};
    }
    models.broken["empty"] = WriteFile(folder / "empty.pt", "");
    models.broken["text"] = WriteFile(folder / "text.pt", std::string(1000, 'x'));
    std::string whole;
    {
      std::ifstream in(models.add_sub, std::ios::binary);
      whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    models.broken["truncated"] = WriteFile(folder / "truncated.pt", whole.substr(0, whole.size() / 2));
    models.broken["pickle"] = WriteFile(folder / "pickle.pt", "\x80\x02}q\x01.");
    return models;
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Torch, BackendContract, TorchSubject);

}  // namespace
}  // namespace trireme
