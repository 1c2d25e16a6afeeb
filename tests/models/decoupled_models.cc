// SPDX-License-Identifier: Apache-2.0
#include "decoupled_models.h"

#include <string>

#include "onnxfile/testing/test_models.h"

namespace trireme {
namespace {

std::string RepeatConfig(const std::string& type, const std::string& more = "") {
  return R"(backend: "repeat"
max_batch_size: 0
model_transaction_policy { decoupled: true }
input [
  { name: "IN" data_type: )" +
         type + R"( dims: [ -1 ] },
  { name: "DELAY" data_type: TYPE_UINT32 dims: [ -1 ] optional: true },
  { name: "WAIT" data_type: TYPE_UINT32 dims: [ 1 ] optional: true }
]
output [
  { name: "OUT" data_type: )" +
         type + R"( dims: [ 1 ] },
  { name: "IDX" data_type: TYPE_UINT32 dims: [ 1 ] }
]
)" + more;
}

}  // namespace

std::vector<onnxfile::RepositoryFile> DecoupledModels() {
  return {{.path = "repeat/config.pbtxt", .bytes = RepeatConfig("TYPE_INT32")},
          {.path = "repeat/1/", .bytes = ""},
          {.path = "repeat_text/config.pbtxt", .bytes = RepeatConfig("TYPE_STRING")},
          {.path = "repeat_text/1/", .bytes = ""},
          {.path = "repeat_one/config.pbtxt", .bytes = RepeatConfig("TYPE_INT32", "instance_group { count: 1 }\n")},
          {.path = "repeat_one/1/", .bytes = ""},
          {.path = "add_decoupled/config.pbtxt", .bytes = "model_transaction_policy { decoupled: true }\n"},
          {.path = "add_decoupled/1/model.onnx", .bytes = onnxfile::AddModel()}};
}

}  // namespace trireme
