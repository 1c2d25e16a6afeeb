// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each of the small requests. A file that is accepted has a path within the model's folder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "wire/kserve/log_settings.h"
#include "wire/kserve/repository_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto load = trireme::kserve::DecodeLoadRequest(text);
  if (load.ok()) {
    CHECK(load->files.empty() || !load->config.empty());
    for (const auto& [path, bytes] : load->files) {
      CHECK(path.find("/../") == std::string::npos && !path.ends_with("/..") && !path.starts_with('/'));
      CHECK(bytes.size() <= size);
    }
  } else {
    CHECK(!load.status().message().empty());
  }
  const auto unload = trireme::kserve::DecodeUnloadRequest(text);
  CHECK(unload.ok() || !unload.status().message().empty());
  const auto settings = trireme::kserve::DecodeLogSettings(text, {});
  if (settings.ok()) {
    CHECK(*trireme::kserve::DecodeLogSettings(trireme::kserve::EncodeLogSettings(*settings), {}) == *settings);
  }
  return 0;
}
