// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trireme::sagemaker {

struct LoadRequest {
  std::string model_name;
  std::string url;  // a folder or file on this machine
};

// What POST /models says: {"model_name": N, "url": U}, or, as the Multi Model Server takes it too, the same in the
// query; other keys mean nothing here. kInvalidArgument: one of the two is missing, or is no text.
Result<LoadRequest> ReadLoadRequest(std::string_view body, std::string_view query);

// Where such a URL leads, links followed: below the folder `models`, and nowhere else. kInvalidArgument: it is no plain
// path, or leads elsewhere; kNotFound: nothing is there. Looks at the file system, which may take its time.
// Thread-safe.
Result<std::filesystem::path> ResolveModelUrl(const std::filesystem::path& models, const std::string& url);

}  // namespace trireme::sagemaker
