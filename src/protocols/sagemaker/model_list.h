// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "engine/engine.h"

namespace trireme::sagemaker {

struct ListedModel {
  std::string name;
  std::string url;
};

// One page of a list.
struct Page {
  size_t first = 0;
  size_t limit = 100;
};

// From the query of GET /models: "limit" from 1 to 100, "next_page_token" as an answer gave it. kInvalidArgument.
Result<Page> ReadPage(std::string_view query);

std::string EncodeModel(const ListedModel& model);

// That page, and the token of the next one if there is one.
std::string EncodeModels(std::span<const ListedModel> models, const Page& page);

// Which models serve, and the URLs that they were loaded from. Whether one serves is the engine's to say; here is only
// remembered what the engine does not know. Thread-safe.
class LoadedModels {
 public:
  explicit LoadedModels(const Engine& engine) : engine_(engine) {}

  void Remember(const std::string& name, const std::string& url);
  void Forget(const std::string& name);

  // Sorted by name. The URL of one that came another way is where its file lies.
  std::vector<ListedModel> List() const;
  std::optional<ListedModel> Find(std::string_view name) const;

 private:
  const Engine& engine_;
  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> urls_ GUARDED_BY(mutex_);
};

}  // namespace trireme::sagemaker
