// SPDX-License-Identifier: Apache-2.0
#include "backends/torch/module.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "backends/torch/library.h"
#include "backends/torch/torch_error.h"

namespace trireme::torch_backend {
namespace {

using torch::jit::Module;

// The file as the library wants to read it.
class FileReader : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit FileReader(RegularFile file) : file_(std::move(file)) {}

  size_t size() const override { return file_.size(); }
  size_t read(uint64_t pos, void* buf, size_t n, const char* /*what*/) const override {
    if (pos >= file_.size()) return 0;
    const size_t bytes = std::min<uint64_t>(n, file_.size() - pos);
    return file_.Read(pos, {static_cast<char*>(buf), bytes}).ok() ? bytes : 0;
  }

 private:
  const RegularFile file_;
};

Result<Module> ReadModule(const RegularFile& file) {
  return Guarded(During::kLoad, [&]() -> Result<Module> {
    Module module = torch::jit::load(std::make_shared<FileReader>(file), at::kCPU);
    module.eval();
    return module;
  });
}

}  // namespace

Result<Module> LoadModule(const RegularFile& file) {
  Result<Module> module = ReadModule(file);
  if (!module.ok() && module.status().message().find("torchvision") != std::string::npos) {
    RETURN_IF_ERROR(LoadTorchvision());
    module = ReadModule(file);
  }
  if (!module.ok()) return module;
  if (!module->find_method("forward")) return Unsupported("the module has no method forward, which is what is served");
  return module;
}

void MoveTo(Module& module, const Device& device) {
  if (device.kind == DeviceKind::kCpu) return;
  module.to(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index)));
}

void CastToHalf(Module& module) {
  const auto cast = [](at::Tensor tensor) {
    if (tensor.defined() && at::isFloatingType(tensor.scalar_type())) tensor.set_data(tensor.to(at::kHalf));
  };
  for (const at::Tensor& parameter : module.parameters()) cast(parameter);
  for (const at::Tensor& buffer : module.buffers()) cast(buffer);
}

}  // namespace trireme::torch_backend
