// SPDX-License-Identifier: Apache-2.0
#include "wire/kserve/place.h"

#include <utility>

namespace trireme::kserve {

namespace {

constexpr size_t kMostShown = 64;

}  // namespace

std::string Quoted(std::string_view text) {
  const std::string end = text.size() > kMostShown ? "...'" : "'";
  return "'" + std::string(text.substr(0, kMostShown)) + end;
}

std::string Place::text() const {
  std::string text = outer_ == nullptr ? "" : outer_->text();
  if (field_.empty()) return text + "[" + std::to_string(index_) + "]";
  if (!text.empty()) text += '.';
  return text.append(field_.substr(0, kMostShown));
}

Status Place::Wrong(std::string_view expected, std::string_view found) const {
  std::string message = text() + ": expected ";
  message.append(expected).append(", found ").append(found);
  return InvalidArgument(std::move(message));
}

Status Place::GivenTwice() const {
  return InvalidArgument(text() + ": expected once, found twice");
}

Status Place::Wrong(const JsonCursor& json) const {
  return Status(json.status()).Within(text());
}

}  // namespace trireme::kserve
