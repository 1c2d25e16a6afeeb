// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/status.h"
#include "tensor/tensor.h"

namespace trireme::onnxfile {

// How far what a model gives is from what it should: for models in lower precision, whose outputs are close and never
// equal. Adds up over outputs and samples: Add() them all, then ask. Not thread-safe.
class OutputDifference {
 public:
  // Compares an output with what it should be. kInvalidArgument if type, shape or size differ: then nothing is added.
  // Floating types of 16, 32 and 64 bits, and integers, are compared as numbers; BOOL and BYTES must be equal.
  Status Add(const Tensor& expected, const Tensor& found);

  // The largest distance of two elements, divided by the largest magnitude of the expected output that they belong to;
  // of the worst output added. Infinite where one is a NaN or an infinity and the other is not the same, and where
  // elements differ that are no numbers. 0: all the same, or nothing was added.
  double worst() const { return worst_; }

  // The same with the root of the mean square in place of the largest distance: what noise is left all over.
  double worst_rms() const { return worst_rms_; }

  // Of the rows of outputs that look like scores of classes (floating, two dimensions, the second of 2 or more): the
  // part whose largest element is in the same place. Nothing if there was no such row.
  std::optional<double> top1_agreement() const;

 private:
  void AddNumbers(std::span<const double> expected, std::span<const double> found);
  void AddRows(std::span<const double> expected, std::span<const double> found, size_t width);

  double worst_ = 0;
  double worst_rms_ = 0;
  int64_t rows_ = 0;
  int64_t agreeing_rows_ = 0;
};

// What is taken for close enough.
struct Tolerance {
  double worst = 0.05;           // OutputDifference::worst() at most
  double top1_agreement = 0.99;  // at least, where there are rows
};

// Why a difference is too large: "the outputs are up to 12 % of their largest value off, at most 5 % are allowed";
// empty if it is not.
std::string WhyTooFar(const OutputDifference& difference, const Tolerance& tolerance);

}  // namespace trireme::onnxfile
