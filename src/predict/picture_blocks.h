// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "predict/block.h"

namespace trireme::predict {

// Pictures, a row each, in the order of their names: what goes into the model is the file, which the engine decodes. A
// column "file" says which it was.
class PictureBlocks final : public BlockSource {
 public:
  struct Options {
    std::string input;  // of the model that takes pictures
    bool skip_bad_rows = false;
    int64_t limit = 0;
  };
  PictureBlocks(std::filesystem::path folder, std::vector<std::string> files, Options options);

  Result<std::optional<Block>> Next(int64_t most_rows) override;
  const std::vector<table::Column>& kept_columns() const override { return kept_columns_; }
  std::optional<double> Progress() override;
  Result<table::BadLines> Skipped(size_t) override { return table::BadLines(); }

 private:
  const std::filesystem::path folder_;
  const std::vector<std::string> files_;
  const Options options_;
  const std::vector<table::Column> kept_columns_;
  size_t next_ = 0;
  Checksums checksums_ = {0};
};

// The pictures in a folder and those in it, by how their names end, as paths from there; sorted. kNotFound: there are
// none.
Result<std::vector<std::string>> FindPictures(const std::filesystem::path& folder);

}  // namespace trireme::predict
