// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace trireme {

// What clients are told of `text`: where on this machine the files lie is none of their business. What lies in one of
// `folders` is named from there, and such a folder itself by its last name; the longest folders first, as they are and
// as Quoted() writes them.
std::string WithoutFolders(std::string text, std::span<const std::filesystem::path> folders);

}  // namespace trireme
