// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

enum class FileKind : uint8_t {
  kXgboostJson,
  kXgboostUbjson,
  kXgboostBinary,  // of old versions: recognised, and named with what to do
  kLightgbmText,
  kOnnx,  // a model that has a tree ensemble near its beginning; only reading it shows whether it is nothing else
};

// For people: "XGBoost model (JSON)".
std::string_view Name(FileKind kind);

// How many bytes of a file's beginning ProbeTreeFile() wants to see; fewer if the file has no more.
inline constexpr size_t kProbeBytes = 4096;

// What a file is, judged by its beginning alone: whether all of it is sound is another question. Nothing: none of
// these.
std::optional<FileKind> ProbeTreeFile(std::string_view beginning, uint64_t file_bytes);

struct ReadOptions {
  // All trees of an XGBoost model that was trained with early stopping. Otherwise those up to its best iteration, which
  // is what XGBoost's own scikit-learn classes predict with.
  bool all_iterations = false;
};

// Reads a model. Takes about the file's size and, on 64 bits, no more than twice the size of the Forest that comes of
// it, which is smaller than the file. Nothing recurses. On a loader thread: 100 MB take about a second.
//
// kInvalidArgument: the file is no such model, or is damaged; the message names tree, node and field, what was expected
// and what was found. kUnsupported: a sound model that a Forest cannot express (linear trees, comparisons for equality,
// an ONNX graph that is more than trees); the message says what. kTooLarge: over a bound stated in the message.
// Messages lack the file's name.
Result<Forest> ReadForest(std::string_view bytes, const ReadOptions& options = {});
Result<Forest> ReadForestFile(const std::filesystem::path& file, const ReadOptions& options = {});

}  // namespace trireme::treefile
