// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "base/status.h"
#include "onnxfile/precision.h"

namespace trireme::onnxfile {

// Reads a model and its data files, lowers its precision (onnxfile/precision.h), and writes it to another file, which
// has all of it. Under that name there is never half a model; what was there before is written over.
//
// Errors lack the names of both files, but where one of them cannot be read or written.
Result<LoweringReport> LowerFile(const std::filesystem::path& model, const std::filesystem::path& output,
                                 const LoweringOptions& options);

// The same of a model in memory, whose data files lie beside `model`, if there are any.
Result<LoweringReport> LowerToFile(std::string_view bytes, const std::filesystem::path& model,
                                   const std::filesystem::path& output, const LoweringOptions& options);

// Writes a file beside its place first, so that nobody ever finds half of it there.
Status WriteWhole(const std::filesystem::path& path, std::string_view bytes);

}  // namespace trireme::onnxfile
