// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "backend/backend.h"
#include "base/status.h"
#include "onnxfile/onnx_reader.h"

namespace trireme::onnx {

// The model that is meant by a path: the file itself; of a folder its model.onnx, or its only file of that suffix.
std::optional<std::filesystem::path> FindModelFile(const std::filesystem::path& path);

// Whether the beginning of a file looks like an ONNX model.
bool BeginsLikeModel(const std::filesystem::path& file);

// Whether a model names only data files within its own folder: neither absolute nor climbing with "..". What lies
// there, a link for instance, was put there by whoever owns the folder.
Status CheckDataFiles(const onnxfile::ModelSummary& summary);

}  // namespace trireme::onnx
