// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "model/infer_response.h"
#include "model/labels.h"
#include "model/signature.h"

namespace trireme::tfserving {

// The two questions that are asked about Examples.
enum class ResultKind { kClassify, kRegress };

// "tensorflow/serving/classify"
std::string_view MethodName(ResultKind kind);

// Which outputs of a model answer it, by their names; an empty one is none.
struct ResultOutputs {
  std::string classes;  // strings
  std::string scores;   // floating; what regression gives, too
};

// As TF Serving has it: the outputs `classes` and `scores`, or `outputs` of regression. Of a model that has none of
// these, the only output of floating type, and of strings for classes. kInvalidArgument: the model cannot be asked so.
Result<ResultOutputs> FindResultOutputs(const Signature& signature, ResultKind kind);

struct ScoredClass {
  std::string_view label;
  float score = 0;
};

// The answers, a row each: views of the response and the labels.
struct Results {
  ResultKind kind = ResultKind::kClassify;
  std::vector<std::vector<ScoredClass>> classifications;
  std::vector<float> regressions;
};

// Where the model gives no classes, the labels of its scores are, where there are some. kInvalidArgument: the outputs
// are of a shape that nobody can take for such answers, with what was expected of it.
Result<Results> ResultsOf(const InferResponse& response, const ResultOutputs& outputs, ResultKind kind,
                          const ModelLabels& labels);

// {"results": [[["label", 0.5], ...], ...]}, {"results": [2.5, ...]}
std::string EncodeResults(const Results& results);

}  // namespace trireme::tfserving
