// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/status.h"

namespace trireme::transform {

// What the classes of a model are called. A class without a name is called by its index: "7". A value.
class ClassNames {
 public:
  ClassNames() = default;
  // By index, in order, as a file of labels has them.
  explicit ClassNames(const std::vector<std::string>& names);
  explicit ClassNames(std::unordered_map<int64_t, std::string> names) : names_(std::move(names)) {}

  std::string NameOf(int64_t index) const;
  size_t size() const { return names_.size(); }

 private:
  std::unordered_map<int64_t, std::string> names_;
};

// TorchServe's index_to_name.json: {"0": "cat"}, {"0": ["n02123045", "cat"]} (the last is the name), or
// {"object_type_names": ["background", "cat"]}, of which other members are passed over.
//
// kInvalidArgument: not of that form, a key that is no index or is there twice, or too long; names the key.
Result<ClassNames> ReadIndexToName(std::string_view json);

// The names of the members of one JSON object, told apart: of classes with the same name the first keeps it, a later
// one is called "crane (517)", with its index. (Python's dict, from which TorchServe makes its answers, would keep the
// place of the first and the probability of the last, and nobody could see that.) ImageNet has two cranes and maillots.
class MemberNames {
 public:
  explicit MemberNames(const ClassNames& names) : names_(names) {}

  // `name` is taken by another member.
  void Reserve(std::string name) { taken_.insert(std::move(name)); }
  std::string Take(int64_t index);

 private:
  const ClassNames& names_;
  std::unordered_set<std::string> taken_;
};

}  // namespace trireme::transform
