// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"
#include "wire/kserve/infer_response_message.h"

namespace trireme::bench {

// How an output of a model differs over all requests that were compared.
struct OutputDiff {
  uint64_t requests = 0;   // that were compared
  uint64_t differing = 0;  // of these
  uint64_t unlike = 0;     // of these: of another type or shape, or missing on one side
  double largest_absolute = 0;
  double largest_relative = 0;  // to the larger of the two numbers
  // Of numbers with a last dimension of two or more, as classifiers have it.
  uint64_t rows = 0;
  uint64_t same_argmax = 0;
};

// What came of comparing answers: two servers', or one's with what was recorded.
struct DiffReport {
  uint64_t compared = 0;      // both were answered
  uint64_t differing = 0;     // of these, or where one failed alone
  uint64_t failed_alone = 0;  // of these: where one side failed
  uint64_t left_out = 0;      // there was no answer to compare with, or both failed
  std::map<std::pair<std::string, std::string>, OutputDiff> outputs;  // by model and output
  std::vector<std::string> first;                                     // of those that differ, for people

  static constexpr size_t kMostFirst = 10;
};

// Compares two tensors and adds what it finds. Floating numbers are the same if they differ by at most `tolerance`, or
// by that share of the larger one; NaN is the same as NaN. Everything else is the same or not. Returns what differs
// first, for people; empty: nothing does.
std::string CompareTensors(const Tensor& one, const Tensor& other, double tolerance, OutputDiff& diff);

// The same of two answers to a request for `model`; `where` ("line 12") stands before what is said of it.
void CompareAnswers(const std::string& where, const std::string& model, const kserve::InferResponseMessage& one,
                    const kserve::InferResponseMessage& other, double tolerance, DiffReport& report);
void OneFailed(const std::string& where, const std::string& what, DiffReport& report);

}  // namespace trireme::bench
