// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/status.h"
#include "treefile/forest.h"

namespace trireme::treefile {

// An ONNX model whose graph is one TreeEnsembleClassifier or TreeEnsembleRegressor of ai.onnx.ml, with nothing but
// Identity, ZipMap and Cast to the same type behind it. It means what ONNX Runtime makes of it; where that is not what
// the specification says, it is kUnsupported, as is any other graph: such a model is ONNX Runtime's. Other errors as
// ReadForest's.
Result<Forest> ReadOnnxTrees(std::string_view bytes);

}  // namespace trireme::treefile
