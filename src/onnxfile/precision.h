// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "onnxfile/data_embedder.h"

namespace trireme::onnxfile {

// What a model computes with.
enum class Precision : uint8_t {
  kFp32,  // as exported
  kFp16,  // for devices that have it: elsewhere the runtime goes back to FP32 for each node
  kInt8,  // matrix products of 8-bit integers, for CPUs
};

// "int8", as on the command line.
std::string_view Name(Precision precision);
std::optional<Precision> ParsePrecision(std::string_view name);

struct LoweringOptions {
  Precision precision = Precision::kInt8;  // kFp32: nothing is to be done, which is an error
  // kInt8: convolutions too. ONNX Runtime has no quick way to run them so; the model gets smaller and, as a rule,
  // slower.
  bool convolutions = false;
  // kInt8: weights from -64 to 64 instead of -127 to 127. An x86 processor without VNNI adds pairs of products in 16
  // bits, where two large ones do not fit and come out wrong, silently; of these they always fit.
  bool reduced_range = false;
};

// What became of a model.
struct LoweringReport {
  struct Count {
    std::string op_type;
    int64_t nodes = 0;
  };
  struct Left {
    std::string op_type;
    std::string why;      // "no constant weights"
    std::string example;  // one of them: what it gives
    int64_t nodes = 0;
  };

  std::vector<Count> changed;      // nodes, in order of op_type; never empty
  std::vector<Left> left;          // those of the kinds that could have been, and were not
  std::vector<std::string> notes;  // "opset 9 was raised to 11"
  uint64_t bytes_before = 0;       // of the model, its data in other files included
  uint64_t bytes_after = 0;

  int64_t changed_nodes() const;
};

// "MatMul: no constant weights (24 nodes, as 'scores')".
std::string Described(const LoweringReport::Left& left);

struct LoweredModel {
  std::string bytes;  // of the whole model, no data elsewhere
  LoweringReport report;
};

// The model with its large products in a lower precision. Inputs and outputs keep their names, types and shapes. What
// is not changed stays as it is, byte for byte.
//
// kInt8: MatMul and Gemm with constant weights of FP32 become products of integers: weights are rounded once, with a
// scale for each column; the other side is rounded at each run, to the range that it then has (dynamic quantisation),
// so no data is needed to convert. ONNX Runtime runs the pattern as one step.
// kFp16: matrix products and convolutions, and what lies between them, compute in FP16; what is easily out of FP16's
// range or needs more digits stays in FP32, with Casts between.
// The rest is unchanged, graphs within nodes too.
//
// `read_elements` reads data of constants that lie in other files, under the model's rules (onnxfile/data_files.h).
// Safe on any bytes. kInvalidArgument: not a model, or nothing in it can be changed, and why; kTooLarge: it would be
// 2 GiB or more. Takes memory for both models. Thread-safe.
Result<LoweredModel> LowerPrecision(std::string_view model, const LoweringOptions& options,
                                    const ReadElements& read_elements);

}  // namespace trireme::onnxfile
