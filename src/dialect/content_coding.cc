// SPDX-License-Identifier: Apache-2.0
#include "dialect/content_coding.h"

#include <algorithm>
#include <optional>
#include <string>

#include "net/http_chars.h"
#include "net/http_error.h"

namespace trireme {
namespace {

constexpr int kFullWeight = 1000;

std::optional<ContentCoding> Find(std::string_view name) {
  if (net::EqualsIgnoringCase(name, "identity")) return ContentCoding::kIdentity;
  if (net::EqualsIgnoringCase(name, "gzip") || net::EqualsIgnoringCase(name, "x-gzip")) return ContentCoding::kGzip;
  if (net::EqualsIgnoringCase(name, "deflate")) return ContentCoding::kDeflate;
  return std::nullopt;
}

// "0.5" as 500; nothing unless it is 0 to 1 with at most three decimals.
std::optional<int> ParseWeight(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int weight = text[0] == '1' ? kFullWeight : 0;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int unit = kFullWeight / 10;
  for (const char c : text.substr(std::min<size_t>(2, text.size()))) {
    if (c < '0' || c > '9' || unit == 0) return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= kFullWeight ? std::optional(weight) : std::nullopt;
}

}  // namespace

std::string_view Name(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kIdentity:
      return "identity";
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kDeflate:
      return "deflate";
  }
  return "?";
}

Result<ContentCoding> ParseContentEncoding(std::string_view value) {
  if (const auto coding = Find(value)) return *coding;
  return Unsupported("Content-Encoding: expected gzip, deflate or identity, found " + net::Quoted(value));
}

Result<ContentCoding> CodingOfBody(const net::HttpRequest& http) {
  std::optional<ContentCoding> found;
  for (const net::HttpHeader& header : http.headers) {
    if (!net::EqualsIgnoringCase(header.name, "content-encoding")) continue;
    if (found) return Unsupported("Content-Encoding: expected once, found twice");
    ASSIGN_OR_RETURN(found, ParseContentEncoding(header.value));
  }
  return found.value_or(ContentCoding::kIdentity);
}

void AcceptedCodings::Add(std::string_view value) {
  while (!value.empty()) {
    const size_t comma = std::min(value.find(','), value.size());
    AddMember(net::TrimBlanks(value.substr(0, comma)));
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

void AcceptedCodings::AddMember(std::string_view member) {
  const size_t semicolon = std::min(member.find(';'), member.size());
  const std::string_view name = net::TrimBlanks(member.substr(0, semicolon));
  int weight = kFullWeight;
  if (semicolon < member.size()) {
    const std::string_view parameter = net::TrimBlanks(member.substr(semicolon + 1));
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) return;
    const std::optional<int> given = ParseWeight(parameter.substr(2));
    if (!given) return;
    weight = *given;
  }
  if (name == "*") {
    others_ = weight;
  } else if (const auto coding = Find(name)) {
    weights_.at(static_cast<size_t>(*coding)) = weight;
  }
}

// Higher is better; 0 is refused. Weight first, then what is named before what is not. Among equals that are named the
// client wants a compressed one; among those that are not, what costs nothing.
int AcceptedCodings::Rank(ContentCoding coding) const {
  static constexpr std::array<int, 3> kNamed = {0, 2, 1};
  static constexpr std::array<int, 3> kOthers = {2, 1, 0};
  const auto index = static_cast<size_t>(coding);
  const bool named = weights_.at(index) != kNotNamed;
  const int weight = named ? weights_.at(index) : others_;
  // Not mentioned at all: identity is always welcome, if nothing better is.
  if (weight == kNotNamed) return coding == ContentCoding::kIdentity ? 1 : 0;
  if (weight == 0) return 0;
  return 8 * weight + (named ? 4 + kNamed.at(index) : kOthers.at(index));
}

ContentCoding AcceptedCodings::Best() const {
  ContentCoding best = ContentCoding::kIdentity;
  for (const ContentCoding coding : {ContentCoding::kGzip, ContentCoding::kDeflate}) {
    if (Rank(coding) > Rank(best)) best = coding;
  }
  return best;
}

}  // namespace trireme
