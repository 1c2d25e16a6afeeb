// SPDX-License-Identifier: Apache-2.0
#include "protocols/sagemaker/model_list.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/log.h"
#include "protocols/sagemaker/names.h"

namespace trireme::sagemaker {
namespace {

constexpr size_t kMostModels = 100;  // of a page, as the Multi Model Server has it

Status ReadNumber(std::string_view query, const std::string& name, size_t least, size_t most, size_t& target) {
  ASSIGN_OR_RETURN(const std::optional<std::string> text, QueryValue(query, name));
  if (!text || text->empty()) return {};
  size_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size() || number < least) {
    return InvalidArgument(name + ": expected a whole number, " + std::to_string(least) + " or more, found '" +
                           text->substr(0, 64) + "'");
  }
  target = std::min(number, most);
  return {};
}

}  // namespace

Result<Page> ReadPage(std::string_view query) {
  Page page;
  RETURN_IF_ERROR(ReadNumber(query, "limit", 1, kMostModels, page.limit));
  RETURN_IF_ERROR(ReadNumber(query, "next_page_token", 0, SIZE_MAX, page.first));
  return page;
}

std::string EncodeModel(const ListedModel& model) {
  std::string json = "{\"modelName\":";
  AppendJsonString(json, model.name);
  json += ",\"modelUrl\":";
  AppendJsonString(json, model.url);
  json += '}';
  return json;
}

std::string EncodeModels(std::span<const ListedModel> models, const Page& page) {
  const std::span<const ListedModel> rest = models.subspan(std::min(page.first, models.size()));
  const std::span<const ListedModel> shown = rest.first(std::min(page.limit, rest.size()));
  std::string json = "{\"models\":[";
  for (const ListedModel& model : shown) json.append(&model == shown.data() ? "" : ",").append(EncodeModel(model));
  json += ']';
  if (shown.size() < rest.size()) {
    json += ",\"nextPageToken\":\"" + std::to_string(page.first + shown.size()) + '"';
  }
  json += '}';
  return json;
}

void LoadedModels::Remember(const std::string& name, const std::string& url) {
  const MutexLock lock(mutex_);
  urls_[name] = url;
}

void LoadedModels::Forget(const std::string& name) {
  const MutexLock lock(mutex_);
  urls_.erase(name);
}

std::vector<ListedModel> LoadedModels::List() const {
  std::map<std::string, std::string> serving;
  for (const ModelStatus& model : engine_.Index()) {
    if (model.state == ModelState::kReady) serving[model.id.name] = model.provenance ? model.provenance->source : "";
  }
  std::vector<ListedModel> models;
  const MutexLock lock(mutex_);
  for (auto& [name, source] : serving) {
    const auto known = urls_.find(name);
    models.push_back({.name = name, .url = known == urls_.end() ? std::move(source) : known->second});
  }
  return models;
}

std::optional<ListedModel> LoadedModels::Find(std::string_view name) const {
  for (ListedModel& model : List()) {
    if (model.name == name) return std::move(model);
  }
  return std::nullopt;
}

}  // namespace trireme::sagemaker
