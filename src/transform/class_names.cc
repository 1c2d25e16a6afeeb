// SPDX-License-Identifier: Apache-2.0
#include "transform/class_names.h"

#include <charconv>
#include <optional>

#include "base/excerpt.h"
#include "codec/json_cursor.h"

namespace trireme::transform {
namespace {

constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr size_t kMaxNames = size_t{4} << 20;
constexpr std::string_view kListKey = "object_type_names";
constexpr std::string_view kFormat =
    R"(expected {"0": "name"}, {"0": ["id", "name"]} or {"object_type_names": ["name"]})";

// "0", "12": as str() of Python writes an index, for that is how names are looked up.
std::optional<int64_t> ReadIndex(std::string_view key) {
  int64_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  if (error != std::errc() || end != key.data() + key.size() || std::to_string(index) != key || index < 0) {
    return std::nullopt;
  }
  return index;
}

class Names {
 public:
  explicit Names(std::string_view json) : json_(json) {}

  Result<ClassNames> Read() {
    if (!json_.EnterObject()) return Failure();
    while (const auto found = json_.NextKey()) {
      const std::string key(*found);
      if (!seen_list_) seen_list_ = key == kListKey;
      Status status = key == kListKey ? ReadList() : ReadMember(key);
      if (!status.ok()) return std::move(status).Within("key " + Excerpt(key, 64));
    }
    if (!json_.ok() || !json_.Finish()) return Failure();
    if (seen_list_) return ClassNames(std::move(listed_));
    if (!other_key_.empty()) {
      return InvalidArgument("key " + Excerpt(other_key_, 64) + ": expected an index such as \"0\"; " +
                             std::string(kFormat));
    }
    return ClassNames(std::move(names_));
  }

 private:
  Status Failure() const { return InvalidArgument(std::string(kFormat) + ": " + json_.status().message()); }

  Status TooMany() const {
    return InvalidArgument("expected at most " + std::to_string(kMaxNames) + " names, found more");
  }

  Status ReadList() {
    if (!listed_.empty()) return InvalidArgument("it is there twice");
    if (!json_.EnterArray()) return json_.status();
    int64_t index = 0;
    while (json_.NextElement()) {
      const auto name = json_.ReadString();
      if (!name) return json_.status();
      listed_.emplace(index++, *name);
      if (listed_.size() > kMaxNames) return TooMany();
    }
    return json_.status();
  }

  Status ReadMember(const std::string& key) {
    const std::optional<int64_t> index = ReadIndex(key);
    if (!index) {
      if (other_key_.empty()) other_key_ = key;
      json_.Skip();
      return json_.status();
    }
    std::optional<std::string> name;
    if (json_.Peek() == JsonCursor::Kind::kArray) {
      RETURN_IF_ERROR(ReadLast(name));
    } else if (const auto text = json_.ReadString()) {
      name = *text;
    } else {
      return json_.status();
    }
    if (!names_.emplace(*index, *std::move(name)).second) return InvalidArgument("it is there twice");
    if (names_.size() > kMaxNames) return TooMany();
    return {};
  }

  Status ReadLast(std::optional<std::string>& name) {
    if (!json_.EnterArray()) return json_.status();
    while (json_.NextElement()) {
      const auto text = json_.ReadString();
      if (!text) return json_.status();
      name = *text;
    }
    RETURN_IF_ERROR(json_.status());
    return name ? Status() : InvalidArgument("expected a name, or a list that ends with one, found an empty list");
  }

  JsonCursor json_;
  std::unordered_map<int64_t, std::string> names_;
  std::unordered_map<int64_t, std::string> listed_;
  bool seen_list_ = false;
  std::string other_key_;  // the first that is no index: an error unless there is a list
};

}  // namespace

ClassNames::ClassNames(const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) names_.emplace(static_cast<int64_t>(i), names[i]);
}

std::string ClassNames::NameOf(int64_t index) const {
  const auto found = names_.find(index);
  return found != names_.end() ? found->second : std::to_string(index);
}

Result<ClassNames> ReadIndexToName(std::string_view json) {
  if (json.size() > kMaxBytes) {
    return InvalidArgument("expected at most " + std::to_string(kMaxBytes) + " bytes of names, found " +
                           std::to_string(json.size()));
  }
  return Names(json).Read();
}

std::string MemberNames::Take(int64_t index) {
  std::string name = names_.NameOf(index);
  while (!taken_.insert(name).second) name += " (" + std::to_string(index) + ")";
  return name;
}

}  // namespace trireme::transform
