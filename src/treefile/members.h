// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "codec/json_cursor.h"

namespace trireme::treefile {

// A member of an object that is read; all others are stepped over.
struct Member {
  std::string_view name;
  bool required = true;
};

// Walks over the object that comes next and calls `visit`, which reads the value and returns a Status, with the name of
// each member in `members`. A member that comes twice, or a required one that does not come, is kInvalidArgument. What
// goes wrong inside of a member is said within its name. `In` is a JsonCursor or a UbjsonCursor.
template <typename In, size_t N, typename Visit>
Status ForEachMember(In& in, const std::array<Member, N>& members, Visit&& visit) {
  std::bitset<N> seen;
  if (!in.EnterObject()) return in.status();
  while (const auto key = in.NextKey()) {
    size_t i = 0;
    while (i < N && members[i].name != *key) ++i;
    if (i == N) {
      in.Skip(NonFinite::kAccept);
      continue;
    }
    const std::string_view name = members[i].name;  // the key itself is gone once its value is read
    if (seen[i]) return InvalidArgument("expected one '" + std::string(name) + "', found two");
    seen[i] = true;
    Status status = visit(name);
    if (status.ok()) status = in.status();
    if (!status.ok()) return std::move(status).Within(name);
  }
  RETURN_IF_ERROR(in.status());
  for (size_t i = 0; i < N; ++i) {
    if (members[i].required && !seen[i]) return InvalidArgument("'" + std::string(members[i].name) + "' is missing");
  }
  return {};
}

// All of an array of numbers. Never takes more memory than a few times what the array takes in the file.
template <typename T, typename In>
Status ReadArray(In& in, std::vector<T>& values, NonFinite non_finite = NonFinite::kRefuse) {
  std::array<T, 1024> piece;
  values.clear();
  if (!in.EnterArray()) return in.status();
  size_t count = 0;
  do {
    count = in.ReadNumbers(std::span<T>(piece), non_finite);
    values.insert(values.end(), piece.begin(), piece.begin() + count);
  } while (count == piece.size());
  return in.status();
}

// All of an array of strings.
template <typename In>
Status ReadStrings(In& in, std::vector<std::string>& texts) {
  if (!in.EnterArray()) return in.status();
  while (in.NextElement()) {
    const auto text = in.ReadString();
    if (!text) break;
    texts.emplace_back(*text);
  }
  return in.status();
}

// A number in a string, as XGBoost writes its parameters: "127".
template <typename T, typename In>
Status ReadNumberInString(In& in, T& value) {
  const auto text = in.ReadString();
  if (!text) return in.status();
  JsonCursor number(*text);
  const std::optional<T> read = number.ReadAs<T>();
  if (read && number.Finish()) {
    value = *read;
    return {};
  }
  return number.status();
}

}  // namespace trireme::treefile
