// SPDX-License-Identifier: Apache-2.0
#include "bench/input_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "codec/picture_kind.h"

namespace trireme::bench {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEndings = {{{".json", "application/json"},
                                                                                    {".csv", "text/csv"},
                                                                                    {".txt", "text/plain"},
                                                                                    {".npy", "application/x-npy"},
                                                                                    {".jpg", "image/jpeg"},
                                                                                    {".jpeg", "image/jpeg"},
                                                                                    {".png", "image/png"},
                                                                                    {".webp", "image/webp"}}};

Result<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes;
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    bytes.append(block.data(), static_cast<size_t>(in.gcount()));
    if (bytes.size() > max_bytes)
      return TooLarge("--input \"" + path + "\": too large: expected at most 1 GiB of all files, for all models");
  }
  if (!in.eof() || in.bad()) return NotFound("--input: cannot read \"" + path + "\"");
  return bytes;
}

}  // namespace

std::string InputFile::name() const {
  return std::filesystem::path(path).filename();
}

Result<std::vector<InputFile>> ReadInputFiles(const std::vector<std::string>& paths, size_t max_bytes) {
  std::vector<InputFile> files;
  size_t bytes_left = max_bytes;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, bytes_left));
    bytes_left -= bytes.size();
    files.push_back({.path = path, .bytes = std::make_shared<const std::string>(std::move(bytes))});
  }
  return files;
}

std::string_view MediaTypeOf(std::string_view path, std::string_view bytes) {
  if (const std::optional<PictureKind> kind = PictureKindOf(bytes)) return MediaType(*kind);
  if (bytes.starts_with("\x93NUMPY")) return "application/x-npy";
  std::string ending = std::filesystem::path(path).extension();
  std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto* known = std::ranges::find(kEndings, ending, &std::pair<std::string_view, std::string_view>::first);
  if (known != kEndings.end()) return known->second;
  const size_t begin = bytes.find_first_not_of(" \t\r\n");
  const bool is_json = begin != std::string_view::npos && (bytes[begin] == '[' || bytes[begin] == '{');
  return is_json ? "application/json" : "application/octet-stream";
}

}  // namespace trireme::bench
