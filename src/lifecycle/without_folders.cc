// SPDX-License-Identifier: Apache-2.0
#include "lifecycle/without_folders.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "repository/model_name.h"

namespace trireme {
namespace {

// A folder as a text may have it.
struct Form {
  std::string folder;  // without a slash at its end
  std::string name;    // its last part
};

std::string Escaped(const std::string& text) {
  const std::string quoted = Quoted(text);
  return quoted.substr(1, quoted.size() - 2);
}

// By the longest first, so that nothing is left of a folder in a folder.
std::vector<Form> FormsOf(std::span<const std::filesystem::path> folders) {
  std::vector<Form> forms;
  for (const std::filesystem::path& path : folders) {
    std::string folder = path.string();
    folder.resize(folder.find_last_not_of('/') + 1);
    if (folder.empty() || folder == "." || folder == "..") continue;
    const std::string name = folder.substr(folder.rfind('/') + 1);
    forms.push_back({.folder = Escaped(folder), .name = Escaped(name)});
    forms.push_back({.folder = std::move(folder), .name = name});
  }
  std::ranges::stable_sort(forms, std::ranges::greater(), [](const Form& form) { return form.folder.size(); });
  return forms;
}

bool IsInName(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || c < 0 || std::string_view("_-+@\\").find(c) != std::string_view::npos;
}

// Whether a name goes on with `rest`: a dot may also end a sentence.
bool GoesOn(std::string_view rest) {
  if (rest.starts_with('.')) rest.remove_prefix(1);
  return !rest.empty() && IsInName(rest.front());
}

bool BeginsAt(std::string_view text, size_t at) {
  return at == 0 || (!IsInName(text[at - 1]) && text[at - 1] != '.' && text[at - 1] != '/');
}

void Remove(const Form& form, std::string& text) {
  for (size_t at = text.find(form.folder); at != std::string::npos; at = text.find(form.folder, at)) {
    const size_t end = at + form.folder.size();
    if (!BeginsAt(text, at) || GoesOn(std::string_view(text).substr(end))) {
      ++at;
      continue;
    }
    const size_t rest = std::min(text.find_first_not_of('/', end), text.size());
    const bool names_what_is_inside = rest > end && GoesOn(std::string_view(text).substr(rest));
    const std::string instead = names_what_is_inside ? "" : form.name;
    text.replace(at, rest - at, instead);
    at += instead.size();
  }
}

}  // namespace

std::string WithoutFolders(std::string text, std::span<const std::filesystem::path> folders) {
  for (const Form& form : FormsOf(folders)) Remove(form, text);
  return text;
}

}  // namespace trireme
