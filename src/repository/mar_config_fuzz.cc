// SPDX-License-Identifier: Apache-2.0
// Any bytes as model-config.yaml: what is read is in bounds, and its handler's part is JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "codec/json_cursor.h"
#include "repository/mar_config.h"
#include "repository/yaml_value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = ParseMarConfig(text, "model-config.yaml");
  if (!config.ok()) {
    CHECK(config.status().code() == StatusCode::kInvalidArgument && !config.status().message().empty());
    return 0;
  }
  JsonCursor json(config->handler_config);
  CHECK(json.Peek() == JsonCursor::Kind::kObject && json.Skip() && json.Finish());
  CHECK(config->handler_config.size() < (size_t{8} << 20));
  CHECK(config->min_workers.value_or(0) >= 0 && config->batch_size.value_or(1) > 0);
  for (const Finding& finding : config->findings) CHECK(finding.line > 0 && !finding.expected.empty());
  return 0;
}
