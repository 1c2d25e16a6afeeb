// SPDX-License-Identifier: Apache-2.0
// Any bytes as config.pbtxt and as a config in JSON; what can be read is laid over a model.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "repository/fit_to_model.h"
#include "repository/read_config.h"
#include "repository/version_policy.h"

namespace trireme {
namespace {

Signature SomeModel() {
  const Shape free = {Shape::kAny, Shape::kAny, Shape::kAny};
  return {
      .inputs = {{.name = "x", .shape = free}, {.name = "ids", .type = DataType::kInt64, .shape = {Shape::kAny, 8}}},
      .outputs = {{.name = "y", .shape = free}, {.name = "z", .type = DataType::kBytes, .shape = {}}},
      .batched = true};
}

void Check(const ConfigFile& file) {
  for (const Finding& finding : file.findings) {
    CHECK(finding.line >= 0 && finding.column >= 0);
    CHECK(!finding.ToString().empty());
  }
  CHECK(file.config.instances >= 0 && file.config.max_rows >= 0 && file.config.max_delay.count() >= 0);
  CHECK(file.served.ok() || FirstError(file.findings) != nullptr);
  const FittedSignature fitted = FitToModel(file.declared, SomeModel());
  for (const TensorSpec& spec : fitted.signature.inputs) CHECK(spec.shape.rank() <= Shape::kMaxRank);
  const int64_t there[] = {1, 3, 4};
  CHECK(ChooseVersions(file.version_policy, there).served.size() <= 3);
}

}  // namespace
}  // namespace trireme

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigContext context = {.model_name = "m", .file = "config.pbtxt", .folder = "/nonexistent", .defaults = {}};
  Check(ReadConfigText(text, context));
  Check(ReadConfigJson(text, context));
  return 0;
}
