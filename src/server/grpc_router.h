// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dialect/dialect.h"

namespace trireme {

// Finds the method of a gRPC call by its path. Immutable after Add; thread-safe then.
class GrpcRouter {
 public:
  // `methods` must outlive the router. Two of one path: the first stays.
  void Add(std::span<const GrpcMethod> methods);

  // Null: there is none.
  const GrpcMethod* Find(std::string_view path) const;

  // Why there is none: kUnsupported with what was asked for, and what there is.
  Status NoSuchMethod(std::string_view path) const;

  // Full names, in alphabetical order.
  std::vector<std::string> services() const;

 private:
  std::unordered_map<std::string_view, const GrpcMethod*> methods_;  // by path
  std::map<std::string, std::vector<std::string_view>, std::less<>> services_;
};

}  // namespace trireme
