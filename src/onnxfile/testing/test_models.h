// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/data_type.h"

namespace trireme::onnxfile {

// Tiny ONNX models that tests share, made here, byte for byte the same every time. "n", "batch", "d" are dimensions of
// any size.

std::string AddModel();                    // FP32 INPUT0 [n,16] -> OUTPUT0 = INPUT0 + 1
std::string AddSubModel();                 // INT32 INPUT0, INPUT1 [n,16] -> OUTPUT0 = sum, OUTPUT1 = difference
std::string IdentityModel(DataType type);  // INPUT0 [batch,d] -> OUTPUT0
std::string ScalarModel();                 // FP32 INPUT0 of rank 0 -> OUTPUT0 = 2 * INPUT0
std::string FixedModel();                  // FP32 INPUT0 [16] -> OUTPUT0 = INPUT0 + 1: no batch dimension
std::string CentreModel();  // FP32 INPUT0 [n,4] -> OUTPUT0 = INPUT0 - its mean over n: looks like a batch and is none
std::string
SquareMatmulModel();  // FP32 INPUT0 [n,n] -> OUTPUT0: 64 matrix products in a row; n = 256 takes tens of milliseconds
std::string
DefaultedInputModel();       // FP32 INPUT0 [n,2], SCALE [1] (3 if the runtime is not given one) -> OUTPUT0 = product
std::string GatherModel();   // INT64 INPUT0 [n] -> FP32 OUTPUT0 [n,2]: rows {i, 10 i} of a table with 4; others fail
std::string ReshapeModel();  // FP32 INPUT0 [n] -> OUTPUT0 [m,4]: fails unless 4 divides n
std::string TopKModel();  // FP32 INPUT0 [n,d] -> OUTPUT0 [n,3], the three largest of each row; OUTPUT1, their indexes
std::string SequenceModel();     // FP32 INPUT0 [n] -> OUTPUT0, a sequence, which no protocol can carry
std::string TreeModel();         // FP32 INPUT0 [n,2] -> OUTPUT0 [n,1] = INPUT0[:,0] <= 0.5 ? 1 : 2, in ai.onnx.ml
std::string FutureOpsetModel();  // asks for an opset that does not exist yet
std::string ExternalDataModel(std::string location);  // FP32 INPUT0 [n,4] -> OUTPUT0 = INPUT0 + 4 floats of that file

struct ModelFile {
  std::string name;  // without ".onnx"
  std::string bytes;
};

// All that a server can serve, by the names above in snake case: "add", "identity_fp32", ...
std::vector<ModelFile> GoodModels();

// What nobody can serve: "empty", "truncated", "text", "future_opset", "sequence".
std::vector<ModelFile> BadModels();

// Puts a model where a repository expects it, <repository>/<name>/<version>/model.onnx, and returns that path.
std::filesystem::path WriteModel(const std::filesystem::path& repository, std::string_view name, std::string_view bytes,
                                 int version = 1);

}  // namespace trireme::onnxfile
