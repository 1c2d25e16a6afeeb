// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"

namespace trireme {

// What a path led to.
struct RouteMatch {
  const Route* route = nullptr;      // nullptr: see `status`
  const Dialect* dialect = nullptr;  // whose route it is, or who shall say that there is none
  PathArguments arguments;           // views into the path
  std::string allowed_methods;       // "GET, POST", if the path exists and the method does not
};

// Finds the route of a request among those of a listener's dialects. Paths are matched exactly (but for a
// slash at the end where a dialect takes it), segment by segment, and never decoded: no name that a model may have
// needs it. Of several routes that match the first one added answers. Immutable after Add; thread-safe then.
class Router {
 public:
  // `dialect` must outlive the router. The first one added answers for unknown paths.
  void Add(const Dialect& dialect);

  RouteMatch Find(std::string_view method, std::string_view path) const;

 private:
  struct Entry {
    const Dialect* dialect;
    const Route* route;
    std::vector<std::string_view> segments;
    std::vector<std::string_view> endings = {};  // what stands behind the placeholder of each
  };
  std::vector<Entry> entries_;
  const Dialect* first_ = nullptr;
};

}  // namespace trireme
