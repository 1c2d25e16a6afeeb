// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onnxfile/onnx_writer.h"

namespace trireme::onnxfile {

// Small models with products in them, for tests of what becomes of these in lower precision: values, to be changed and
// serialized. Weights are made up, the same every time. All take FP32 "x" and give "y".

// So many numbers from -1 to 1.
std::vector<float> MadeUpNumbers(int64_t count, uint32_t seed = 1);
TensorProto MadeUpWeights(std::string name, std::vector<int64_t> dims, uint32_t seed = 1);

// x [n,128] -> y [n,128], of the nodes given. Weights: "w" [128,128], "b" [128].
Model ProductModel(std::vector<Node> nodes);

Model MatMulModel();              // y = relu(x w + b)
Model SharedModel();              // y = x w + relu(x w) w' + w: w' is w transposed by a node, and w is added too
Model HiddenWeightsModel();       // y = x w, with w behind two Identity nodes and a Constant
Model BatchedModel();             // x [2,n,128] -> y: of weights [2,128,128], one matrix each
Model BranchModel();              // y = x w in one branch of an If, x v in the other; v lies in the branch
Model ConvModel(int64_t groups);  // x [n,32 * groups,8,8] -> y, of 64 filters [3,3] with a bias and strides of 2
Model DeepModel();                // x [n,128] -> y [n,10]: four layers with normalisation and Gelu, and a Softmax

}  // namespace trireme::onnxfile
