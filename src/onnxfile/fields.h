// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbers of the fields that are read and written here, by message, as in onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
namespace trireme::onnxfile {

namespace model_field {
inline constexpr int kIrVersion = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8;
inline constexpr int kFunctions = 25;
}  // namespace model_field

namespace opset_field {
inline constexpr int kDomain = 1, kVersion = 2;
}  // namespace opset_field

namespace graph_field {
inline constexpr int kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12, kValueInfo = 13;
inline constexpr int kSparseInitializer = 15;
}  // namespace graph_field

namespace node_field {
inline constexpr int kInput = 1, kOutput = 2, kOpType = 4, kAttribute = 5, kDomain = 7;
}  // namespace node_field

namespace function_field {
inline constexpr int kNode = 7, kDefaultAttribute = 11;
}  // namespace function_field

namespace attribute_field {
inline constexpr int kName = 1, kFloat = 2, kInt = 3, kString = 4, kTensor = 5, kGraph = 6, kFloats = 7, kInts = 8;
inline constexpr int kStrings = 9, kTensors = 10, kGraphs = 11, kType = 20, kSparseTensor = 22, kSparseTensors = 23;
}  // namespace attribute_field

// AttributeProto.AttributeType
namespace attribute_type {
inline constexpr int kFloat = 1, kInt = 2, kString = 3, kTensor = 4, kGraph = 5, kFloats = 6, kInts = 7, kStrings = 8;
}  // namespace attribute_type

namespace value_field {
inline constexpr int kName = 1, kType = 2;
}  // namespace value_field

namespace type_field {
inline constexpr int kTensor = 1, kSequence = 4, kMap = 5, kSparseTensor = 8, kOptional = 9;
}  // namespace type_field

namespace tensor_type_field {
inline constexpr int kElementType = 1, kShape = 2;
}  // namespace tensor_type_field

namespace sequence_type_field {
inline constexpr int kElementType = 1;
}  // namespace sequence_type_field

namespace shape_field {
inline constexpr int kDim = 1;
}  // namespace shape_field

namespace dim_field {
inline constexpr int kValue = 1, kName = 2;
}  // namespace dim_field

namespace tensor_field {
inline constexpr int kDims = 1, kDataType = 2, kStringData = 6, kName = 8, kRawData = 9, kExternalData = 13;
inline constexpr int kDataLocation = 14;
inline constexpr int kFloatData = 4, kInt32Data = 5, kInt64Data = 7, kDoubleData = 10, kUint64Data = 11;
inline constexpr int kDefault = 0, kExternal = 1;  // TensorProto.DataLocation
}  // namespace tensor_field

namespace entry_field {
inline constexpr int kKey = 1, kValue = 2;
}  // namespace entry_field

namespace sparse_field {
inline constexpr int kValues = 1, kIndices = 2;
}  // namespace sparse_field

}  // namespace trireme::onnxfile
