// SPDX-License-Identifier: Apache-2.0
#include "codec/multipart.h"

#include <string.h>  // NOLINT: memmem is no part of <cstring>

#include <algorithm>
#include <set>
#include <utility>

#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/log.h"
#include "base/trimmed.h"
#include "codec/header_parameters.h"

namespace trireme {
namespace {

constexpr std::string_view kNewline = "\r\n";
constexpr size_t kMostBoundaryBytes = 70;

std::string Shown(std::string_view text) {
  return text.empty() ? "nothing" : PlainText(Excerpt(text, 64));
}

Status Wrong(std::string_view expected, const std::string& found) {
  return InvalidArgument("expected " + std::string(expected) + ", found " + found);
}

bool IsBoundaryLetter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

bool IsBoundary(std::string_view text) {
  return !text.empty() && text.size() <= kMostBoundaryBytes && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), IsBoundaryLetter);
}

// string_view::find takes the product of both lengths for a body that is all beginnings of the boundary.
size_t Find(std::string_view text, std::string_view what) {
  if (text.size() < what.size()) return std::string_view::npos;
  const void* at = memmem(text.data(), text.size(), what.data(), what.size());
  return at == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

class Reader {
 public:
  Reader(std::string_view body, std::string_view boundary, const FormLimits& limits)
      : rest_(body), delimiter_("\r\n--" + std::string(boundary)), limits_(limits) {}

  Result<std::vector<FormPart>> Read() {
    RETURN_IF_ERROR(FindFirst());
    for (;;) {
      ASSIGN_OR_RETURN(const bool more, PassBoundaryLine());
      if (!more) return std::move(parts_);
      if (parts_.size() == limits_.parts) {
        return TooLarge("expected at most " + std::to_string(limits_.parts) + " fields in a form, found more");
      }
      if (Status read = ReadPart(); !read.ok()) {
        return std::move(read).Within("field " + std::to_string(parts_.size() + 1) + " of the form");
      }
    }
  }

 private:
  std::string_view opening() const { return std::string_view(delimiter_).substr(kNewline.size()); }

  // The first boundary may be the beginning of the body.
  Status FindFirst() {
    if (rest_.starts_with(opening())) {
      rest_.remove_prefix(opening().size());
      return {};
    }
    const size_t at = Find(rest_, delimiter_);
    if (at == std::string_view::npos) {
      return Wrong("a line " + Shown(opening()) + ", the boundary of Content-Type",
                   "none in " + std::to_string(rest_.size()) + " bytes");
    }
    rest_.remove_prefix(at + delimiter_.size());
    return {};
  }

  // The rest of a line that begins with the boundary; false: it was the last one.
  Result<bool> PassBoundaryLine() {
    if (rest_.starts_with("--")) return false;
    const size_t blanks = rest_.find_first_not_of(" \t");
    rest_.remove_prefix(std::min(blanks, rest_.size()));
    if (rest_.starts_with(kNewline)) {
      rest_.remove_prefix(kNewline.size());
      return true;
    }
    return Wrong("CRLF or '--' behind a boundary", Shown(rest_.substr(0, 16)));
  }

  Status ReadPart() {
    FormPart part;
    RETURN_IF_ERROR(ReadHeaders(part));
    if (!names_.insert(part.name).second) return Wrong("each name once", Shown(part.name) + " again");
    // An empty part may end with the line break that ends its headers.
    const size_t end = Find(rest_, delimiter_);
    if (end == std::string_view::npos) {
      return Wrong("a line " + Shown(opening()) + " at the end of " + Shown(part.name), "the end of the body");
    }
    part.bytes = std::as_bytes(std::span(rest_.substr(0, end)));
    rest_.remove_prefix(end + delimiter_.size());
    parts_.push_back(std::move(part));
    return {};
  }

  Status ReadHeaders(FormPart& part) {
    size_t bytes = 0;
    bool named = false;
    bool typed = false;
    for (;;) {
      const std::string_view window = rest_.substr(0, limits_.header_bytes - bytes + kNewline.size());
      const size_t end = window.find(kNewline);
      if (end == std::string_view::npos) {
        if (window.size() == rest_.size()) return Wrong("a line of headers that ends with CRLF", Shown(rest_));
        return TooLarge("expected at most " + std::to_string(limits_.header_bytes) + " bytes of headers, found more");
      }
      const std::string_view line = rest_.substr(0, end);
      if (line.empty()) break;
      bytes += end + kNewline.size();
      if (bytes > limits_.header_bytes) {
        return TooLarge("expected at most " + std::to_string(limits_.header_bytes) + " bytes of headers, found more");
      }
      RETURN_IF_ERROR(ReadHeader(line, part, named, typed));
      rest_.remove_prefix(end + kNewline.size());
    }
    if (!named) return Wrong("a header Content-Disposition: form-data; name=\"...\"", "none");
    // The line break behind the headers stays when it is that of the boundary too.
    const std::string_view behind = rest_.substr(kNewline.size());
    if (!behind.starts_with(opening())) rest_ = behind;
    return {};
  }

  static Status ReadHeader(std::string_view line, FormPart& part, bool& named, bool& typed) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.front() == ' ' || line.front() == '\t') {
      return Wrong("a header such as 'Content-Type: image/jpeg'", Shown(line));
    }
    if (const auto odd = std::find_if(line.begin(), line.end(), [](char c) { return c >= 0 && c < ' ' && c != '\t'; });
        odd != line.end()) {
      return Wrong("a header without control characters", Shown(line));
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trimmed(line.substr(colon + 1), kBlanks);
    if (SameIgnoringCase(name, "content-disposition")) {
      if (std::exchange(named, true)) return Wrong("one Content-Disposition", "another one");
      Status read = ReadDisposition(value, part);
      return std::move(read).Within("Content-Disposition");
    }
    if (SameIgnoringCase(name, "content-type")) {
      if (std::exchange(typed, true)) return Wrong("one Content-Type", "another one");
      part.content_type = value;
    }
    if (SameIgnoringCase(name, "content-transfer-encoding") && !SameIgnoringCase(value, "binary") &&
        !SameIgnoringCase(value, "8bit") && !SameIgnoringCase(value, "7bit")) {
      return Wrong("a Content-Transfer-Encoding of binary, 8bit or 7bit", Shown(value));
    }
    return {};
  }

  static Status ReadDisposition(std::string_view value, FormPart& part) {
    ASSIGN_OR_RETURN(const ParameterizedValue disposition, ParseParameterizedValue(value));
    if (disposition.value != "form-data") return Wrong("form-data", Shown(disposition.value));
    const std::string* name = disposition.Find("name");
    if (name == nullptr || name->empty()) return Wrong("a name", name == nullptr ? "none" : "an empty one");
    part.name = *name;
    if (const std::string* filename = disposition.Find("filename")) part.filename = *filename;
    return {};
  }

  std::string_view rest_;
  const std::string delimiter_;
  const FormLimits& limits_;
  std::vector<FormPart> parts_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace

Result<std::string> BoundaryOf(std::string_view content_type) {
  auto parsed = ParseParameterizedValue(content_type);
  if (!parsed.ok()) return std::move(parsed).status().Within("Content-Type");
  if (parsed->value != "multipart/form-data") {
    return Wrong("a Content-Type of multipart/form-data", Shown(parsed->value));
  }
  const std::string* boundary = parsed->Find("boundary");
  if (boundary == nullptr) return Wrong("a boundary in Content-Type", "none");
  if (!IsBoundary(*boundary)) {
    return Wrong("a boundary of 1 to 70 letters, digits and '()+_,-./:=? in Content-Type", Shown(*boundary));
  }
  return *boundary;
}

Result<std::vector<FormPart>> ParseMultipart(std::span<const std::byte> body, std::string_view boundary,
                                             const FormLimits& limits) {
  if (!IsBoundary(boundary)) return Wrong("a boundary of 1 to 70 letters", Shown(boundary));
  return Reader({reinterpret_cast<const char*>(body.data()), body.size()}, boundary, limits).Read();
}

}  // namespace trireme
