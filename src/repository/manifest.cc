// SPDX-License-Identifier: Apache-2.0
#include "repository/manifest.h"

#include <optional>
#include <set>
#include <utility>

#include "repository/model_name.h"
#include "repository/version_files.h"

namespace trireme {
namespace {

constexpr size_t kDigits = 64;
constexpr const char* kExpected = "64 hexadecimal digits, two spaces and a name, as sha256sum writes them";

Status Wrong(int line, const std::string& expected, const std::string& found) {
  return InvalidArgument("line " + std::to_string(line) + ": expected " + expected + ", found " + found);
}

std::string Shown(std::string_view text) {
  constexpr size_t kShown = 80;
  return Quoted(text.substr(0, kShown)) + (text.size() > kShown ? " and more" : "");
}

std::optional<std::string> Unescaped(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      name += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] != '\\' && text[i] != 'n' && text[i] != 'r') return std::nullopt;
    name += text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : '\\';
  }
  return name;
}

// "./a" and "a" are one file; what is no name of a file below is nothing.
std::optional<std::string> PlainName(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  if (name.size() > kMaxListedNameBytes || name.find('\0') != std::string_view::npos) return std::nullopt;
  for (std::string_view rest = name;;) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    if (slash == std::string_view::npos) return std::string(name);
    rest.remove_prefix(slash + 1);
  }
}

Result<ListedFile> ParseLine(std::string_view line, int number) {
  const std::string_view whole = line;
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  const std::optional<Digest> digest = DigestFromHex(line.substr(0, kDigits));
  const std::string_view rest = line.substr(std::min(line.size(), kDigits));
  if (!digest || (!rest.starts_with("  ") && !rest.starts_with(" *"))) return Wrong(number, kExpected, Shown(whole));
  const std::string_view written = rest.substr(2);
  const std::optional<std::string> name = escaped ? Unescaped(written) : std::string(written);
  std::optional<std::string> plain = name ? PlainName(*name) : std::nullopt;
  if (!plain || plain == kManifestName) {
    return Wrong(number, "the name of a file below the version's folder", Shown(written));
  }
  return ListedFile{.name = *std::move(plain), .digest = *digest, .line = number};
}

}  // namespace

Result<std::vector<ListedFile>> ParseManifest(std::string_view text) {
  if (text.size() > kMaxManifestBytes) {
    return InvalidArgument("expected at most " + std::to_string(kMaxManifestBytes) + " bytes, found more");
  }
  std::vector<ListedFile> files;
  std::set<std::string, std::less<>> names;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (files.size() == kMaxListedFiles) {
      return Wrong(number, "at most " + std::to_string(kMaxListedFiles) + " files", "another one");
    }
    ASSIGN_OR_RETURN(ListedFile file, ParseLine(line, number));
    if (!names.insert(file.name).second) return Wrong(number, "each file once", Shown(file.name) + " again");
    files.push_back(std::move(file));
  }
  if (files.empty()) return InvalidArgument("expected the name of a file at least, found none");
  return files;
}

}  // namespace trireme
