// SPDX-License-Identifier: Apache-2.0
#include "predict/picture_blocks.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/letter_case.h"
#include "base/regular_file.h"
#include "codec/crc32c.h"
#include "tensor/bytes_elements.h"

namespace trireme::predict {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kEndings = {".jpg", ".jpeg", ".png", ".webp"};
constexpr uint64_t kMostBytes = uint64_t{256} << 20;

bool IsPicture(const fs::path& path) {
  return std::ranges::find(kEndings, LowerCase(path.extension().string())) != kEndings.end();
}

Result<std::string> ReadPicture(const fs::path& path) {
  ASSIGN_OR_RETURN(const RegularFile file, RegularFile::Open(path));
  return file.ReadAll(kMostBytes);
}

Tensor TensorOf(const std::string& bytes) {
  auto element = std::make_shared<std::vector<std::byte>>();
  AppendBytesElement(*element, bytes);
  return Tensor{
      .type = DataType::kBytes, .shape = Shape({1}), .data = Buffer::View(element->data(), element->size(), element)};
}

}  // namespace

Result<std::vector<std::string>> FindPictures(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (IsPicture(it->path()) && it->is_regular_file(ignored)) {
      files.push_back(it->path().lexically_relative(folder).string());
    }
  }
  if (error) return Unavailable(folder.string() + " cannot be looked at: " + error.message());
  if (files.empty()) return NotFound(folder.string() + ": there is no picture (.jpg, .png, .webp) in this folder");
  std::ranges::sort(files);
  return files;
}

PictureBlocks::PictureBlocks(fs::path folder, std::vector<std::string> files, Options options)
    : folder_(std::move(folder)),
      files_([&files, &options] {
        files.resize(std::min(files.size(), static_cast<size_t>(options.limit)));
        return std::move(files);
      }()),
      options_(std::move(options)),
      kept_columns_({{.name = "file", .type = table::ColumnType::kText, .native = ""}}) {}

// One at a time: a request that fails is then one of one picture, and the engine makes batches of what comes together.
Result<std::optional<Block>> PictureBlocks::Next(int64_t) {
  if (next_ == files_.size()) return std::optional<Block>();
  const std::string& file = files_[next_];
  Block block;
  block.first_row = static_cast<int64_t>(next_);
  block.rows_read = 1;
  block.places = {file};
  block.kept.emplace_back(table::ColumnType::kText);
  ++next_;
  const Result<std::string> picture = ReadPicture(folder_ / file);
  checksums_[0] = ExtendCrc32c(checksums_[0], file + '\0');
  if (picture.ok()) checksums_[0] = ExtendCrc32c(checksums_[0], *picture);
  block.checksums = checksums_;
  if (picture.ok()) {
    block.rows = 1;
    block.kept[0].AppendText(file);
    block.inputs.push_back({.name = options_.input, .tensor = TensorOf(*picture)});
    return std::optional(std::move(block));
  }
  if (!options_.skip_bad_rows) return Status(picture.status()).Within(file);
  block.bad.push_back({.place = file, .problem = picture.status().message()});
  return std::optional(std::move(block));
}

std::optional<double> PictureBlocks::Progress() {
  return static_cast<double>(next_) / static_cast<double>(std::max<size_t>(files_.size(), 1));
}

}  // namespace trireme::predict
