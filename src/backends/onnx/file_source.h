// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "base/status.h"
#include "onnxfile/byte_source.h"

namespace trireme::onnx {

// A file's bytes, read as they are looked at. It is not mapped: one that is overwritten meanwhile reads as an error, or
// as a file that makes no sense, and does not end the process.
//
// kNotFound if there is none, kInvalidArgument if it is no file or may not be read.
Result<std::unique_ptr<onnxfile::ByteSource>> OpenFileSource(const std::filesystem::path& path);

}  // namespace trireme::onnx
