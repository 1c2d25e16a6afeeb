// SPDX-License-Identifier: Apache-2.0
#include "backends/tensorflow/operators.h"

#include <algorithm>
#include <array>

#include "backends/tensorflow/array.h"
#include "backends/tensorflow/convolution.h"
#include "backends/tensorflow/elementwise.h"
#include "backends/tensorflow/gather.h"
#include "backends/tensorflow/matrix.h"
#include "backends/tensorflow/picture.h"
#include "backends/tensorflow/reduce.h"
#include "backends/tensorflow/slice.h"

namespace trireme::tensorflow {
namespace {

// All that is supported, besides constants, placeholders, variables, calls of functions and the parsing of tf.Example,
// which the converter itself sees to. In order of names, as bytes compare: FindOperator looks them up by halves.
constexpr std::array kOperators = std::to_array<Operator>({
    {"Abs", ConvertUnary, 1, "Abs"},
    {"Acos", ConvertUnary, 1, "Acos"},
    {"Acosh", ConvertUnary, 1, "Acosh"},
    {"Add", ConvertBinary, 2, "Add"},
    {"AddN", ConvertAddN, 1},
    {"AddV2", ConvertBinary, 2, "Add"},
    {"All", ConvertReduceLogical, 2, "ReduceMin"},
    {"Any", ConvertReduceLogical, 2, "ReduceMax"},
    {"ArgMax", ConvertArg, 2, "ArgMax"},
    {"ArgMin", ConvertArg, 2, "ArgMin"},
    {"Asin", ConvertUnary, 1, "Asin"},
    {"Asinh", ConvertUnary, 1, "Asinh"},
    {"Atan", ConvertUnary, 1, "Atan"},
    {"Atan2", ConvertAtan2, 2},
    {"Atanh", ConvertUnary, 1, "Atanh"},
    {"AvgPool", ConvertPool, 1, "AveragePool"},
    {"AvgPool3D", ConvertPool, 1, "AveragePool"},
    {"BatchMatMul", ConvertBatchMatMul, 2},
    {"BatchMatMulV2", ConvertBatchMatMul, 2},
    {"BatchMatMulV3", ConvertBatchMatMul, 2},
    {"BatchToSpaceND", ConvertBatchToSpace, 3},
    {"BiasAdd", ConvertBiasAdd, 2},
    {"BroadcastTo", ConvertBroadcastTo, 2},
    {"Cast", ConvertCast, 1},
    {"Ceil", ConvertUnary, 1, "Ceil"},
    {"CheckNumerics", ConvertPass, 1},
    {"ClipByValue", ConvertClipByValue, 3},
    {"Concat", ConvertConcat, 2},
    {"ConcatV2", ConvertConcatV2, 2},
    {"Conv2D", ConvertConv, 2},
    {"Conv2DBackpropInput", ConvertConvBackpropInput, 3},
    {"Conv3D", ConvertConv, 2},
    {"Cos", ConvertUnary, 1, "Cos"},
    {"Cosh", ConvertUnary, 1, "Cosh"},
    {"Cumsum", ConvertCumsum, 2},
    {"DepthToSpace", ConvertDepthToSpace, 1},
    {"DepthwiseConv2dNative", ConvertDepthwiseConv, 2},
    {"Div", ConvertBinary, 2, "Div"},
    {"DivNoNan", ConvertDivNoNan, 2},
    {"Einsum", ConvertEinsum, 1},
    {"Elu", ConvertUnary, 1, "Elu"},
    {"EnsureShape", ConvertPass, 1},
    {"Equal", ConvertCompare, 2, "Equal"},
    {"Erf", ConvertUnary, 1, "Erf"},
    {"EuclideanNorm", ConvertReduce, 2, "ReduceL2"},
    {"Exp", ConvertUnary, 1, "Exp"},
    {"ExpandDims", ConvertExpandDims, 2},
    {"Expm1", ConvertExpm1, 1},
    {"Fill", ConvertFill, 2},
    {"Floor", ConvertUnary, 1, "Floor"},
    {"FloorDiv", ConvertFloorDiv, 2},
    {"FloorMod", ConvertFloorMod, 2},
    {"FusedBatchNorm", ConvertFusedBatchNorm, 5},
    {"FusedBatchNormV2", ConvertFusedBatchNorm, 5},
    {"FusedBatchNormV3", ConvertFusedBatchNorm, 5},
    {"FusedDepthwiseConv2dNative", ConvertFusedDepthwiseConv, 2},
    {"Gather", ConvertGather, 2},
    {"GatherNd", ConvertGatherNd, 2},
    {"GatherV2", ConvertGatherV2, 3},
    {"Greater", ConvertCompare, 2, "Greater"},
    {"GreaterEqual", ConvertCompare, 2, "GreaterOrEqual"},
    {"Identity", ConvertPass, 1},
    {"IdentityN", ConvertPass, 1},
    {"Inv", ConvertUnary, 1, "Reciprocal"},
    {"IsFinite", ConvertIsFinite, 1},
    {"IsInf", ConvertUnaryLogical, 1, "IsInf"},
    {"IsNan", ConvertUnaryLogical, 1, "IsNaN"},
    {"LRN", ConvertLrn, 1},
    {"LeakyRelu", ConvertLeakyRelu, 1},
    {"Less", ConvertCompare, 2, "Less"},
    {"LessEqual", ConvertCompare, 2, "LessOrEqual"},
    {"Log", ConvertUnary, 1, "Log"},
    {"Log1p", ConvertLog1p, 1},
    {"LogSoftmax", ConvertSoftmax, 1, "LogSoftmax"},
    {"LogicalAnd", ConvertCompare, 2, "And"},
    {"LogicalNot", ConvertUnaryLogical, 1, "Not"},
    {"LogicalOr", ConvertCompare, 2, "Or"},
    {"MatMul", ConvertMatMul, 2},
    {"MatrixBandPart", ConvertMatrixBandPart, 3},
    {"Max", ConvertReduce, 2, "ReduceMax"},
    {"MaxPool", ConvertPool, 1, "MaxPool"},
    {"MaxPool3D", ConvertPool, 1, "MaxPool"},
    {"Maximum", ConvertBinary, 2, "Max"},
    {"Mean", ConvertReduce, 2, "ReduceMean"},
    {"Min", ConvertReduce, 2, "ReduceMin"},
    {"Minimum", ConvertBinary, 2, "Min"},
    {"MirrorPad", ConvertMirrorPad, 2},
    {"Mod", ConvertTruncateMod, 2},
    {"Mul", ConvertBinary, 2, "Mul"},
    {"Neg", ConvertUnary, 1, "Neg"},
    {"NonMaxSuppressionV2", ConvertNonMaxSuppression, 4},
    {"NonMaxSuppressionV3", ConvertNonMaxSuppression, 5},
    {"NonMaxSuppressionV4", ConvertNonMaxSuppression, 5},
    {"NonMaxSuppressionV5", ConvertNonMaxSuppression, 6},
    {"NotEqual", ConvertNotEqual, 2},
    {"OneHot", ConvertOneHot, 4},
    {"OnesLike", ConvertFilledLike, 1, "1"},
    {"Pack", ConvertPack, 1},
    {"Pad", ConvertPad, 2},
    {"PadV2", ConvertPad, 3},
    {"PlaceholderWithDefault", ConvertPass, 1},
    {"Pow", ConvertBinary, 2, "Pow"},
    {"Prelu", ConvertPrelu, 2},
    {"PreventGradient", ConvertPass, 1},
    {"Prod", ConvertReduce, 2, "ReduceProd"},
    {"Range", ConvertRange, 3},
    {"Rank", ConvertRank, 1},
    {"ReadVariableOp", ConvertPass, 1},
    {"RealDiv", ConvertBinary, 2, "Div"},
    {"Reciprocal", ConvertUnary, 1, "Reciprocal"},
    {"Relu", ConvertUnary, 1, "Relu"},
    {"Relu6", ConvertRelu6, 1},
    {"Reshape", ConvertReshape, 2},
    {"ResizeBilinear", ConvertResize, 2, "linear"},
    {"ResizeNearestNeighbor", ConvertResize, 2, "nearest"},
    {"ResourceGather", ConvertGather, 2},
    {"ReverseV2", ConvertReverse, 2},
    {"Rint", ConvertUnary, 1, "Round"},
    {"Round", ConvertUnary, 1, "Round"},
    {"Rsqrt", ConvertRsqrt, 1},
    {"ScatterNd", ConvertScatterNd, 3},
    {"Select", ConvertSelectV1, 3},
    {"SelectV2", ConvertSelect, 3},
    {"Selu", ConvertUnary, 1, "Selu"},
    {"Shape", ConvertShape, 1},
    {"ShapeN", ConvertShapeN, 1},
    {"Sigmoid", ConvertUnary, 1, "Sigmoid"},
    {"Sign", ConvertUnary, 1, "Sign"},
    {"Sin", ConvertUnary, 1, "Sin"},
    {"Sinh", ConvertUnary, 1, "Sinh"},
    {"Size", ConvertSize, 1},
    {"Slice", ConvertSlice, 3},
    {"Snapshot", ConvertPass, 1},
    {"Softmax", ConvertSoftmax, 1, "Softmax"},
    {"Softplus", ConvertUnary, 1, "Softplus"},
    {"Softsign", ConvertUnary, 1, "Softsign"},
    {"SpaceToBatchND", ConvertSpaceToBatch, 3},
    {"SpaceToDepth", ConvertSpaceToDepth, 1},
    {"Split", ConvertSplit, 2},
    {"SplitV", ConvertSplitV, 3},
    {"Sqrt", ConvertUnary, 1, "Sqrt"},
    {"Square", ConvertSquare, 1},
    {"SquaredDifference", ConvertSquaredDifference, 2},
    {"Squeeze", ConvertSqueeze, 1},
    {"StopGradient", ConvertPass, 1},
    {"StridedSlice", ConvertStridedSlice, 4},
    {"Sub", ConvertBinary, 2, "Sub"},
    {"Sum", ConvertReduce, 2, "ReduceSum"},
    {"Tan", ConvertUnary, 1, "Tan"},
    {"Tanh", ConvertUnary, 1, "Tanh"},
    {"TensorScatterUpdate", ConvertTensorScatterUpdate, 3},
    {"Tile", ConvertTile, 2},
    {"TopK", ConvertTopK, 1},
    {"TopKV2", ConvertTopK, 2},
    {"Transpose", ConvertTranspose, 2},
    {"TruncateDiv", ConvertBinary, 2, "Div"},
    {"TruncateMod", ConvertTruncateMod, 2},
    {"Unpack", ConvertUnpack, 1},
    {"Where", ConvertWhere, 1},
    {"ZerosLike", ConvertFilledLike, 1, "0"},
    {"_FusedConv2D", ConvertFusedConv, 2},
    {"_FusedDepthwiseConv2dNative", ConvertFusedDepthwiseConv, 2},
    {"_FusedMatMul", ConvertFusedMatMul, 2},
});

constexpr bool IsInOrder() {
  for (size_t i = 1; i < kOperators.size(); ++i) {
    if (kOperators[i - 1].name >= kOperators[i].name) return false;
  }
  return true;
}
static_assert(IsInOrder());

}  // namespace

std::span<const Operator> AllOperators() {
  return kOperators;
}

const Operator* FindOperator(std::string_view name) {
  const auto found = std::ranges::lower_bound(kOperators, name, {}, &Operator::name);
  return found != kOperators.end() && found->name == name ? &*found : nullptr;
}

}  // namespace trireme::tensorflow
