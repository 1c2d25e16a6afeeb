// SPDX-License-Identifier: Apache-2.0
#include "server/router.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "model/version_choice.h"

namespace trireme {
namespace {

// No route is longer; a path with more segments is unknown.
constexpr size_t kMaxSegments = 12;

struct Segments {
  std::array<std::string_view, kMaxSegments> items;
  size_t count = 0;
};

std::optional<Segments> Split(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/' that every path and every further segment begins with
    const size_t end = path.find('/');
    if (segments.count == kMaxSegments) return std::nullopt;
    segments.items[segments.count++] = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return segments;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// No label looks like a word that stands in its place in another pattern: those are shorter or longer paths.
bool IsVersion(std::string_view text) {
  return IsNumber(text) || IsVersionLabel(text);
}

bool Matches(std::span<const std::string_view> pattern, std::span<const std::string_view> endings,
             std::span<const std::string_view> path, PathArguments& arguments) {
  const bool has_rest = !pattern.empty() && pattern.back() == "{rest}";
  if (has_rest ? pattern.size() > path.size() : pattern.size() != path.size()) return false;
  for (size_t i = 0; i < pattern.size() - (has_rest ? 1 : 0); ++i) {
    std::string_view segment = path[i];
    if (!endings[i].empty()) {
      if (!segment.ends_with(endings[i])) return false;
      segment.remove_suffix(endings[i].size());
    }
    if (pattern[i] == "{model}") {
      if (segment.empty()) return false;
      arguments.model = segment;
    } else if (pattern[i] == "{any_version}") {
      if (segment.empty()) return false;
      arguments.version = segment;
    } else if (pattern[i] == "{region}") {
      if (segment.empty()) return false;
      arguments.region = segment;
    } else if (pattern[i] == "{version}") {
      if (!IsVersion(segment)) return false;
      arguments.version = segment;
    } else if (pattern[i] != segment) {
      return false;
    }
  }
  return true;
}

}  // namespace

void Router::Add(const Dialect& dialect) {
  if (first_ == nullptr) first_ = &dialect;
  for (const Route& route : dialect.routes) {
    const Segments segments = Split(route.pattern).value_or(Segments());
    Entry entry{.dialect = &dialect,
                .route = &route,
                .segments = {segments.items.begin(), segments.items.begin() + segments.count}};
    for (std::string_view& segment : entry.segments) {
      const size_t close = segment.starts_with('{') ? segment.find('}') : std::string_view::npos;
      const size_t behind = close == std::string_view::npos ? segment.size() : close + 1;
      entry.endings.push_back(segment.substr(behind));
      segment = segment.substr(0, behind);
    }
    entries_.push_back(std::move(entry));
  }
}

RouteMatch Router::Find(std::string_view method, std::string_view path) const {
  RouteMatch match{.route = nullptr, .dialect = first_, .arguments = {}, .allowed_methods = {}};
  const std::optional<Segments> segments = Split(path);
  if (!segments) return match;
  // HEAD is GET without the body, which the connection leaves out.
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const std::span<const std::string_view> whole(segments->items.data(), segments->count);
  // "/models/" has an empty segment behind "models".
  const bool ends_with_slash = whole.size() > 1 && whole.back().empty();
  for (const Entry& entry : entries_) {
    PathArguments arguments;
    const bool shorten = ends_with_slash && entry.dialect->takes_trailing_slash;
    if (!Matches(entry.segments, entry.endings, whole.first(whole.size() - (shorten ? 1 : 0)), arguments)) continue;
    match.dialect = entry.dialect;
    if (entry.route->method == wanted || entry.route->method == "*") {
      match.route = entry.route;
      match.arguments = arguments;
      return match;
    }
    match.allowed_methods += (match.allowed_methods.empty() ? "" : ", ") + entry.route->method;
  }
  return match;
}

}  // namespace trireme
