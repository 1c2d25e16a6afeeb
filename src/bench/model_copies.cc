// SPDX-License-Identifier: Apache-2.0
#include "bench/model_copies.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "bench/perturb.h"
#include "onnxfile/element_type.h"
#include "onnxfile/onnx_reader.h"
#include "tensor/data_type.h"

namespace trireme::bench {
namespace {

constexpr uint64_t kBlockBytes = 1 << 20;  // a multiple of every element's width

Status ReadAt(std::ifstream& in, uint64_t offset, std::span<char> to) {
  in.seekg(static_cast<std::streamoff>(offset));
  in.read(to.data(), static_cast<std::streamsize>(to.size()));
  return in ? Status() : Unavailable("it cannot be read");
}

// One file being copied into another, from the front.
class Copier {
 public:
  Copier(const std::filesystem::path& from, const std::filesystem::path& to)
      : in_(from, std::ios::binary), out_(to, std::ios::binary | std::ios::trunc), block_(kBlockBytes) {}

  // Copies up to `end`, and changes what is copied with `change`, which is told how much of it came before.
  template <typename Change>
  bool CopyTo(uint64_t end, Change change) {
    for (uint64_t done = 0; in_ && out_ && at_ < end;) {
      const std::span<char> piece(block_.data(), std::min(kBlockBytes, end - at_));
      in_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      change(piece, done);
      out_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
      at_ += piece.size();
      done += piece.size();
    }
    return in_ && out_;
  }

  bool Finish() {
    out_.close();
    return !out_.fail();
  }

 private:
  std::ifstream in_;
  std::ofstream out_;
  std::vector<char> block_;
  uint64_t at_ = 0;
};

uint64_t WidthOf(onnxfile::ElementType type) {
  return ElementBytes(*onnxfile::ToDataType(type));
}

}  // namespace

ModelCopies::ModelCopies(std::filesystem::path file, uint64_t bytes, std::vector<onnxfile::WeightSpan> weights)
    : file_(std::move(file)), bytes_(bytes), weights_(std::move(weights)) {}

Result<ModelCopies> ModelCopies::Of(std::filesystem::path file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return InvalidArgument(file.string() + ": expected a model's file, as in NAME/1/model.onnx; found a folder");
  }
  if (!std::filesystem::is_regular_file(file, error)) return NotFound(file.string() + ": there is no such file");
  const uint64_t bytes = std::filesystem::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) return NotFound(file.string() + ": it cannot be read");
  onnxfile::ByteSource source(bytes, [&](uint64_t offset, std::span<char> to) { return ReadAt(in, offset, to); });
  auto summary = onnxfile::ReadModelSummary(source);
  if (!summary.ok()) return std::move(summary).status().Within(file.string());
  if (!summary->external_tensors.empty()) {
    return Unsupported(file.string() + ": expected a model in one file, found one with weights in \"" +
                       summary->external_tensors[0].location + "\"");
  }
  auto weights = onnxfile::FindWeights(source);
  if (!weights.ok()) return std::move(weights).status().Within(file.string());
  if (weights->empty()) return InvalidArgument(file.string() + ": expected a model with weights, found none in it");
  return ModelCopies(std::move(file), bytes, *std::move(weights));
}

Status ModelCopies::Write(const std::filesystem::path& to, uint64_t number) const {
  errno = 0;
  Copier copier(file_, to);
  const auto unchanged = [](std::span<char>, uint64_t) {};
  bool is_good = true;
  uint64_t seed = number << 32;
  for (const onnxfile::WeightSpan& weights : weights_) {
    ++seed;
    is_good = is_good && copier.CopyTo(weights.bytes.begin, unchanged) &&
              copier.CopyTo(weights.bytes.end, [&](std::span<char> piece, uint64_t done) {
                Perturb(weights.type, piece, done / WidthOf(weights.type), seed);
              });
  }
  is_good = is_good && copier.CopyTo(bytes_, unchanged) && copier.Finish();
  if (is_good) return {};
  const std::string why = errno != 0 ? ": " + std::generic_category().message(errno) : "";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(to, ignored)) std::filesystem::remove(to, ignored);
  return Unavailable("cannot copy " + file_.string() + " to " + to.string() + why);
}

}  // namespace trireme::bench
