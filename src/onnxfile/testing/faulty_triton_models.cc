// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <utility>

#include "onnxfile/onnx_writer.h"
#include "onnxfile/testing/test_models.h"
#include "onnxfile/testing/triton_models.h"

namespace trireme::onnxfile {
namespace {

// All of them are INT32 INPUT0, INPUT1 [n,16] -> OUTPUT0, OUTPUT1 unless they say otherwise.
struct FaultyConfig {
  std::string_view name;
  std::string_view text;
};

constexpr FaultyConfig kConfigs[] = {
    {"field_typo", R"(name: "field_typo"
platform: "onnxruntime_onnx"
max_batchsize: 8
)"},
    {"wrong_value", R"(name: "wrong_value"
platform: "onnxruntime_onnx"
max_batch_size: "eight"
)"},
    {"unknown_enum", R"(name: "unknown_enum"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_FLOAT32 dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
]
)"},
    {"syntax_error", R"(name: "syntax_error"
platform: "onnxruntime_onnx"
max_batch_size: 8
instance_group [ { count: 1
dynamic_batching { }
)"},
    {"other_name", R"(name: "another"
platform: "onnxruntime_onnx"
max_batch_size: 8
)"},
    {"wrong_dims", R"(name: "wrong_dims"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 17 ] }
]
)"},
    {"wrong_data_type", R"(name: "wrong_data_type"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_FP32 dims: [ 16 ] },
  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
]
)"},
    {"unknown_tensor", R"(name: "unknown_tensor"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 16 ] },
  { name: "INPUT9" data_type: TYPE_INT32 dims: [ 16 ] }
]
)"},
    {"wrong_reshape", R"(name: "wrong_reshape"
platform: "onnxruntime_onnx"
max_batch_size: 8
input [
  { name: "INPUT0" data_type: TYPE_INT32 dims: [ 3, 5 ] reshape: { shape: [ 16 ] } },
  { name: "INPUT1" data_type: TYPE_INT32 dims: [ 16 ] }
]
)"},
    {"missing_labels", R"(name: "missing_labels"
platform: "onnxruntime_onnx"
max_batch_size: 8
output [ { name: "OUTPUT0" data_type: TYPE_INT32 dims: [ 16 ] label_filename: "labels.txt" } ]
)"},
    {"sequence_batching", R"(name: "sequence_batching"
platform: "onnxruntime_onnx"
max_batch_size: 8
sequence_batching { max_sequence_idle_microseconds: 5000000 }
)"},
    {"future_field", R"(name: "future_field"
platform: "onnxruntime_onnx"
max_batch_size: 8
instance_group [ { kind: KIND_CPU rate_limiter { resources [ { name: "R1" count: 4 } ] priority: 2 } } ]
)"},
};

constexpr std::string_view kExternal = R"(platform: "onnxruntime_onnx"
max_batch_size: 4
)";

constexpr std::string_view kEnsemble = R"(name: "ensemble"
platform: "ensemble"
max_batch_size: 8
input [ { name: "IN" data_type: TYPE_INT32 dims: [ 16 ] } ]
output [ { name: "OUT" data_type: TYPE_INT32 dims: [ 16 ] } ]
ensemble_scheduling {
  step [
    {
      model_name: "sequence_batching"
      model_version: -1
      input_map { key: "INPUT0" value: "IN" }
      input_map { key: "INPUT1" value: "IN" }
      output_map { key: "OUTPUT0" value: "OUT" }
    }
  ]
}
)";

constexpr std::string_view kPythonModel = R"(import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([]) for _ in requests]
)";

constexpr std::string_view kShortLabels = R"(name: "short_labels"
platform: "onnxruntime_onnx"
max_batch_size: 8
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 10 ] label_filename: "labels.txt" } ]
)";

// The sixteen numbers of a row are given back but for six.
std::string TenOfSixteenModel() {
  const auto ints = [](std::string name, int64_t value) {
    return Constant<int64_t>(std::move(name), ElementType::kInt64, {1}, {value});
  };
  Model model;
  model.graph = {.name = "ten_of_sixteen",
                 .nodes = {{"Slice", {"INPUT0", "from", "to", "axis"}, {"OUTPUT0"}}},
                 .inputs = {{"INPUT0", ElementType::kFloat, {"n", 16}}},
                 .outputs = {{"OUTPUT0", ElementType::kFloat, {"n", 10}}},
                 .initializers = {ints("from", 0), ints("to", 10), ints("axis", 1)}};
  return Serialize(model);
}

}  // namespace

std::vector<RepositoryFile> FaultyTritonModels() {
  std::vector<RepositoryFile> files;
  for (const FaultyConfig& config : kConfigs) {
    const std::string folder(config.name);
    files.push_back({folder + "/config.pbtxt", std::string(config.text)});
    files.push_back({folder + "/1/model.onnx", AddSubModel()});
  }
  // In the model's folder, yet not in that of its version.
  files.push_back({"outside_data/config.pbtxt", std::string(kExternal)});
  files.push_back({"outside_data/1/model.onnx", ExternalDataModel("../weights.bin")});
  files.push_back({"outside_data/weights.bin", std::string(16, '\0')});

  files.push_back({"short_data/config.pbtxt", std::string(kExternal)});
  files.push_back({"short_data/1/model.onnx", ExternalDataModel("weights.bin")});
  files.push_back({"short_data/1/weights.bin", std::string(15, '\0')});

  files.push_back({"odd_versions/config.pbtxt", "platform: \"onnxruntime_onnx\"\n"});
  for (const std::string version : {"01", "-1", "abc"}) {
    files.push_back({"odd_versions/" + version + "/model.onnx", AddModel()});
  }
  files.push_back({"ensemble/config.pbtxt", std::string(kEnsemble)});
  files.push_back({"ensemble/1/", ""});

  files.push_back({"python_model/config.pbtxt", "backend: \"python\"\n"});
  files.push_back({"python_model/1/model.py", std::string(kPythonModel)});

  files.push_back({"short_labels/config.pbtxt", std::string(kShortLabels)});
  files.push_back({"short_labels/1/model.onnx", TenOfSixteenModel()});
  files.push_back({"short_labels/labels.txt", "one\ntwo\nthree\n"});
  return files;
}

}  // namespace trireme::onnxfile
