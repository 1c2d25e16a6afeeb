// SPDX-License-Identifier: Apache-2.0
#include "onnxfile/testing/triton_models.h"

#include <fstream>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"

namespace trireme::onnxfile {
namespace {

constexpr std::string_view kSimple = R"(name: "simple"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  {
    name: "INPUT0"
    data_type: TYPE_INT32
    dims: [ 16 ]
  },
  {
    name: "INPUT1"
    data_type: TYPE_INT32
    dims: [ 16 ]
  }
]
output [
  {
    name: "OUTPUT0"
    data_type: TYPE_INT32
    dims: [ 16 ]
  },
  {
    name: "OUTPUT1"
    data_type: TYPE_INT32
    dims: [ 16 ]
  }
]
)";

constexpr std::string_view kSimpleInt8 = R"(name: "simple_int8"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT8 dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_INT8 dims: [ 16 ] }
]
output [
  { name: "OUTPUT0" data_type: TYPE_INT8 dims: [ 16 ] },
  { name: "OUTPUT1" data_type: TYPE_INT8 dims: [ 16 ] }
]
)";

constexpr std::string_view kSimpleString = R"(name: "simple_string"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_STRING dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_STRING dims: [ 16 ] }
]
output [
  { name: "OUTPUT0" data_type: TYPE_STRING dims: [ 16 ] },
  { name: "OUTPUT1" data_type: TYPE_STRING dims: [ 16 ] }
]
model_warmup [
  {
    name: "sevens"
    batch_size: 1
    inputs { key: "INPUT0" value: { data_type: TYPE_STRING dims: [ 16 ] input_data_file: "sevens" } }
    inputs { key: "INPUT1" value: { data_type: TYPE_STRING dims: [ 16 ] input_data_file: "sevens" } }
  }
]
)";

constexpr std::string_view kSimpleIdentity = R"(name: "simple_identity"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_STRING dims: [ -1 ] } ]
)";

constexpr std::string_view kDynamicShapes = R"(name: "dynamic_shapes"
backend: "onnxruntime"
max_batch_size: 0
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1, 16 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1, 16 ] } ]
)";

constexpr std::string_view kDensenet = R"(name: "densenet_onnx"
platform: "onnxruntime_onnx"
max_batch_size : 0
input [
  {
    name: "data_0"
    data_type: TYPE_FP32
    format: FORMAT_NCHW
    dims: [ 3, 4, 4 ]
    reshape { shape: [ 1, 3, 4, 4 ] }
  }
]
output [
  {
    name: "fc6_1"
    data_type: TYPE_FP32
    dims: [ 10 ]
    reshape { shape: [ 1, 10, 1, 1 ] }
    label_filename: "densenet_labels.txt"
  }
]
)";

constexpr std::string_view kColours = R"(name: "colours"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "pixels" data_type: TYPE_UINT8 format: FORMAT_NHWC dims: [ 4, 4, 3 ] } ]
output [ { name: "scores" data_type: TYPE_FP32 dims: [ 10 ] label_filename: "colours.txt" } ]
)";

constexpr std::string_view kColourNames = R"(black
white
red
green
blue
yellow
cyan
magenta
grey
orange
)";

constexpr std::string_view kReshape = R"(name: "reshape"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4, 4 ] reshape: { shape: [ 16 ] } } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 2, 8 ] reshape: { shape: [ 16 ] } } ]
)";

constexpr std::string_view kReshapeScalar = R"(name: "reshape_scalar"
platform: "onnxruntime_onnx"
max_batch_size: 8
# A row of the model is a single number; a client's dims may not be empty.
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 1 ] reshape: { shape: [ ] } } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 1 ] reshape: { shape: [ ] } } ]
)";

constexpr std::string_view kOptionalInput = R"(name: "optional_input"
platform: "onnxruntime_onnx"
input [
  { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1, 2 ] },
  { name: "SCALE" data_type: TYPE_FP32 dims: [ 1 ] optional: true }
]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1, 2 ] } ]
)";

constexpr std::string_view kPriorities = R"(name: "priorities"
backend: "onnxruntime"
max_batch_size: 8
instance_group [ { count: 1 kind: KIND_CPU } ]
dynamic_batching {
  priority_levels: 3
  default_priority_level: 2
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 10000000
    allow_timeout_override: true
    max_queue_size: 64
  }
  priority_queue_policy {
    key: 3
    value: { timeout_action: DELAY default_timeout_microseconds: 1000000 max_queue_size: 16 }
  }
}
)";

constexpr std::string_view kWarmup = R"(name: "warmup"
backend: "onnxruntime"
max_batch_size: 8
model_warmup [
  {
    name: "zeros"
    batch_size: 1
    inputs: { key: "INPUT0" value: { data_type: TYPE_INT32 dims: 16 zero_data: true } }
    inputs: { key: "INPUT1" value: { data_type: TYPE_INT32 dims: 16 zero_data: true } }
  },
  {
    name: "random"
    batch_size: 8
    inputs: { key: "INPUT0" value: { data_type: TYPE_INT32 dims: 16 random_data: true } }
    inputs: { key: "INPUT1" value: { data_type: TYPE_INT32 dims: 16 random_data: true } }
    count: 3
  },
  {
    name: "file"
    batch_size: 2
    inputs: { key: "INPUT0" value: { data_type: TYPE_INT32 dims: 16 input_data_file: "counting" } }
    inputs: { key: "INPUT1" value: { data_type: TYPE_INT32 dims: 16 zero_data: true } }
  }
]
)";

constexpr std::string_view kOrdered = R"(name: "ordered"
backend: "onnxruntime"
max_batch_size: 8
instance_group { count: 2 kind: KIND_CPU }
dynamic_batching {
  preferred_batch_size: [ 4, 8 ]
  max_queue_delay_microseconds: 100
  preserve_ordering: true
}
)";

constexpr std::string_view kVersionsAll = R"(name: "versions_all"
platform: "onnxruntime_onnx"
max_batch_size: 4
version_policy: { all { } }
)";

constexpr std::string_view kVersionsSpecific = R"(name: "versions_specific"
platform: "onnxruntime_onnx"
max_batch_size: 4
version_policy: { specific: { versions: [ 1, 3 ] } }
)";

constexpr std::string_view kVersionsLatest = R"(name: "versions_latest"
platform: "onnxruntime_onnx"
max_batch_size: 4
version_policy { latest { num_versions: 2 } }
)";

constexpr std::string_view kLeastConfig = R"(backend: "onnxruntime"
)";

constexpr std::string_view kTuned = R"(name: "tuned"
backend: "onnxruntime"
max_batch_size: 8
instance_group [
  {
    count: 2
    kind: KIND_CPU
  }
]
optimization {
  graph : {
    level : 1
}}
parameters { key: "intra_op_thread_count" value: { string_value: "2" } }
parameters { key: "execution_mode" value: { string_value: "1" } }
parameters { key: "inter_op_thread_count" value: { string_value: "2" } }
parameters { key: "enable_mem_pattern" value: { string_value: "0" } }
parameters { key: "memory.enable_memory_arena_shrinkage" value: { string_value: "cpu:0" } }
)";

constexpr std::string_view kNamedFile = R"(name: "named_file"
platform: "onnxruntime_onnx"
max_batch_size: 8
default_model_filename: "network.onnx"
)";

constexpr std::string_view kExternalData = R"(name: "external_data"
platform: "onnxruntime_onnx"
max_batch_size: 4
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 4 ] } ]
)";

template <typename T>
std::string BytesOf(const std::vector<T>& elements) {
  return {reinterpret_cast<const char*>(elements.data()), elements.size() * sizeof(T)};
}

std::string Write(Graph graph) {
  Model model;
  model.producer_name = "trireme tests";
  model.graph = std::move(graph);
  return Serialize(model);
}

// The sum and the difference of two inputs that have to become INT32 before anything is done with them.
std::string AddSubThroughInt32(ElementType type) {
  const auto value = [&](std::string name) { return ValueInfo{std::move(name), type, {"n", 16}}; };
  const auto cast = [](std::string from, std::string to, ElementType as) {
    return Node{"Cast", {std::move(from)}, {std::move(to)}, {{"to", static_cast<int64_t>(as)}}};
  };
  return Write({.name = "add_sub",
                .nodes = {cast("INPUT0", "a", ElementType::kInt32),
                          cast("INPUT1", "b", ElementType::kInt32),
                          {"Add", {"a", "b"}, {"sum"}},
                          {"Sub", {"a", "b"}, {"difference"}},
                          cast("sum", "OUTPUT0", type),
                          cast("difference", "OUTPUT1", type)},
                .inputs = {value("INPUT0"), value("INPUT1")},
                .outputs = {value("OUTPUT0"), value("OUTPUT1")}});
}

// The weights "w" and "b" of a convolution of one pixel, the mean of a picture, which finds the nearest of ten colours:
// |x - c|^2 is least where 2 c x - |c|^2 is greatest.
std::vector<TensorProto> NearestColour() {
  constexpr float kColourValues[10][3] = {{-1, -1, -1}, {1, 1, 1},  {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1},
                                          {1, 1, -1},   {-1, 1, 1}, {1, -1, 1},  {0, 0, 0},   {1, 0, -1}};
  std::vector<float> weights;
  std::vector<float> bias;
  for (const auto& colour : kColourValues) {
    float square = 0;
    for (const float part : colour) {
      weights.push_back(2 * part);
      square += part * part;
    }
    bias.push_back(-square);
  }
  return {Constant("w", ElementType::kFloat, {10, 3, 1, 1}, weights), Constant("b", ElementType::kFloat, {10}, bias)};
}

std::string DensenetModel() {
  return Write({.name = "densenet",
                .nodes = {{"GlobalAveragePool", {"data_0"}, {"mean"}}, {"Conv", {"mean", "w", "b"}, {"fc6_1"}}},
                .inputs = {{"data_0", ElementType::kFloat, {1, 3, 4, 4}}},
                .outputs = {{"fc6_1", ElementType::kFloat, {1, 10, 1, 1}}},
                .initializers = NearestColour()});
}

std::string ColoursModel() {
  std::vector<TensorProto> constants = NearestColour();
  constants.push_back(Constant<float>("half", ElementType::kFloat, {}, {127.5F}));
  constants.push_back(Constant<float>("one", ElementType::kFloat, {}, {1}));
  return Write({.name = "colours",
                .nodes = {{"Cast", {"pixels"}, {"float"}, {{"to", static_cast<int64_t>(ElementType::kFloat)}}},
                          {"Div", {"float", "half"}, {"doubled"}},
                          {"Sub", {"doubled", "one"}, {"scaled"}},
                          {"Transpose", {"scaled"}, {"planes"}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}}},
                          {"GlobalAveragePool", {"planes"}, {"mean"}},
                          {"Conv", {"mean", "w", "b"}, {"found"}},
                          {"Flatten", {"found"}, {"scores"}}},
                .inputs = {{"pixels", ElementType::kUint8, {"n", 4, 4, 3}}},
                .outputs = {{"scores", ElementType::kFloat, {"n", 10}}},
                .initializers = std::move(constants)});
}

std::string RowsOfOneNumberModel() {
  return Write({.name = "double",
                .nodes = {{"Mul", {"INPUT0", "two"}, {"OUTPUT0"}}},
                .inputs = {{"INPUT0", ElementType::kFloat, {"n"}}},
                .outputs = {{"OUTPUT0", ElementType::kFloat, {"n"}}},
                .initializers = {Constant<float>("two", ElementType::kFloat, {}, {2})}});
}

std::string AddVersionModel(int version) {
  return Write({.name = "add_version",
                .nodes = {{"Add", {"INPUT0", "version"}, {"OUTPUT0"}}},
                .inputs = {{"INPUT0", ElementType::kFloat, {"n", 4}}},
                .outputs = {{"OUTPUT0", ElementType::kFloat, {"n", 4}}},
                .initializers = {Constant<float>("version", ElementType::kFloat, {}, {static_cast<float>(version)})}});
}

// Sixteen BYTES elements as V2 sends them.
std::string Sevens() {
  std::string bytes;
  for (int i = 0; i < 16; ++i) {
    bytes.append(std::string_view("\1\0\0\0", 4));
    bytes += '7';
  }
  return bytes;
}

std::string Counting() {
  std::vector<int32_t> elements(16);
  std::iota(elements.begin(), elements.end(), 0);
  return BytesOf(elements);
}

class RepositoryWriter {
 public:
  void Add(const std::string& name, std::string_view config, std::string model, int version = 1) {
    if (!config.empty()) Add(name + "/config.pbtxt", config);
    Add(name + "/" + std::to_string(version) + "/model.onnx", model);
  }
  void Add(std::string path, std::string_view bytes) { files_.push_back({std::move(path), std::string(bytes)}); }

  void AddVersions(const std::string& name, std::string_view config, std::initializer_list<int> versions) {
    for (const int version : versions) {
      Add(name, version == *versions.begin() ? config : "", AddVersionModel(version), version);
    }
  }

  std::vector<RepositoryFile> Take() && { return std::move(files_); }

 private:
  std::vector<RepositoryFile> files_;
};

}  // namespace

std::vector<RepositoryFile> TritonModels() {
  RepositoryWriter out;
  out.Add("simple", kSimple, AddSubModel());
  out.Add("simple_int8", kSimpleInt8, AddSubThroughInt32(ElementType::kInt8));
  out.Add("simple_string", kSimpleString, AddSubThroughInt32(ElementType::kString));
  out.Add("simple_string/warmup/sevens", Sevens());
  out.Add("simple_identity", kSimpleIdentity, IdentityModel(DataType::kBytes));
  out.Add("dynamic_shapes", kDynamicShapes, AddModel());
  out.Add("densenet_onnx", kDensenet, DensenetModel());
  out.Add("densenet_onnx/densenet_labels.txt", kColourNames);
  out.Add("colours", kColours, ColoursModel());
  out.Add("colours/colours.txt", kColourNames);
  out.Add("reshape", kReshape, AddModel());
  out.Add("reshape_scalar", kReshapeScalar, RowsOfOneNumberModel());
  out.Add("optional_input", kOptionalInput, DefaultedInputModel());
  out.Add("priorities", kPriorities, AddSubModel());
  out.Add("warmup", kWarmup, AddSubModel());
  out.Add("warmup/warmup/counting", Counting());
  out.Add("ordered", kOrdered, AddSubModel());
  out.AddVersions("versions_all", kVersionsAll, {1, 2, 3});
  out.AddVersions("versions_specific", kVersionsSpecific, {1, 2, 3, 10});
  out.AddVersions("versions_latest", kVersionsLatest, {2, 9, 10});
  out.Add("no_config", "", AddModel());
  out.Add("least_config", kLeastConfig, AddModel());
  out.Add("tuned", kTuned, AddSubModel());
  out.Add("named_file/config.pbtxt", kNamedFile);
  out.Add("named_file/1/network.onnx", AddSubModel());
  out.Add("external_data", kExternalData, ExternalDataModel("weights.bin"));
  out.Add("external_data/1/weights.bin", BytesOf<float>({1, 2, 3, 4}));
  return std::move(out).Take();
}

void WriteFiles(const std::filesystem::path& repository, const std::vector<RepositoryFile>& files) {
  for (const RepositoryFile& file : files) {
    const std::filesystem::path path = repository / file.path;
    std::filesystem::create_directories(path.parent_path());
    if (!path.has_filename()) continue;
    std::ofstream out(path, std::ios::binary);
    out.write(file.bytes.data(), static_cast<std::streamsize>(file.bytes.size()));
    out.close();
    CHECK(out.good());
  }
}

}  // namespace trireme::onnxfile
