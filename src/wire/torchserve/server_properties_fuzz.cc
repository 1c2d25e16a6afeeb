// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of properties, as config.properties and as the JSON in it: what is read is read the same when it
// is written again.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/torchserve/properties.h"
#include "wire/torchserve/server_properties.h"

namespace trireme::torchserve {
namespace {

void CheckProperties(std::string_view text) {
  const auto properties = ParseProperties(text);
  if (!properties.ok()) {
    CHECK(!properties.status().message().empty());
    return;
  }
  std::string again;
  for (const Property& each : *properties) AppendProperty(again, each.key, each.value);
  if (again.size() > kMaxPropertiesBytes) return;
  const auto same = ParseProperties(again);
  CHECK(same.ok() && same->size() == properties->size());
  for (size_t i = 0; i < same->size(); ++i) {
    CHECK((*same)[i].key == (*properties)[i].key && (*same)[i].value == (*properties)[i].value);
  }
}

void CheckSnapshot(std::string_view text) {
  const auto snapshot = ParseSnapshot(text);
  if (!snapshot.ok()) return;
  const auto same = ParseSnapshot(EncodeSnapshot(*snapshot));
  CHECK(same.ok() && same->models == snapshot->models && same->created == snapshot->created);
}

}  // namespace
}  // namespace trireme::torchserve

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace trireme::torchserve;  // NOLINT: a program of its own
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckProperties(text);
  CheckSnapshot(text);
  // Regular expressions are the operator's own, and may take as long as he likes.
  if (text.find("allowed_urls") != std::string_view::npos) return 0;
  const auto properties =
      ParseServerProperties(text, "file", [](const std::string& name) -> std::optional<std::string> {
        return name == "A" ? std::optional<std::string>("1") : std::nullopt;
      });
  CHECK(properties.ok() || !properties.status().message().empty());
  return 0;
}
