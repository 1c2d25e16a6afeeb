// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "repository/config_reader.h"
#include "repository/config_types.h"
#include "repository/model_name.h"
#include "repository/reshape_rule.h"

namespace trireme {
namespace {

using inference::ModelInput;

void ReadReshape(const inference::ModelTensorReshape& said, bool has_dims, const ConfigPlace& place,
                 DeclaredTensor& tensor, FindingList& findings) {
  const ConfigPlace at = place.At("reshape");
  tensor.reshape_place = at.place();
  if (!has_dims) {
    findings.Add(at.Error("dims beside it", "none", "write dims: what clients see where the model has the reshape"));
    return;
  }
  const std::optional<Shape> reshape = ReadDims(said.shape(), at, "shape", true, findings);
  if (!reshape || !tensor.dims) return;
  const std::string problem = ReshapeProblem(*tensor.dims, *reshape);
  if (!problem.empty()) {
    findings.Add(at.Error("as many elements and free dimensions as dims " + tensor.dims->ToString(),
                          reshape->ToString() + ", which has " + problem));
    return;
  }
  tensor.reshape = reshape;
}

// What inputs and outputs have in common.
template <typename Said>
DeclaredTensor ReadTensor(const Said& said, const ConfigPlace& place, FindingList& findings) {
  DeclaredTensor tensor;
  tensor.name = said.name();
  tensor.place = place.place();
  tensor.name_place = place.At("name").place();
  tensor.type_place = place.At("data_type").place();
  tensor.dims_place = place.At("dims").place();
  if (said.name().empty()) findings.Add(place.Error("a name", "none", "write the name of one of the model's tensors"));
  tensor.type = ReadDataType(said.data_type(), place.At("data_type"), findings);
  if (!said.dims().empty()) tensor.dims = ReadDims(said.dims(), place, "dims", true, findings);
  if (said.has_reshape()) ReadReshape(said.reshape(), !said.dims().empty(), place, tensor, findings);
  return tensor;
}

void CheckFormat(const ModelInput& input, const ConfigPlace& place, ConfigReader& reader) {
  if (input.format() == ModelInput::FORMAT_NONE) return;
  if (input.format() != ModelInput::FORMAT_NHWC && input.format() != ModelInput::FORMAT_NCHW) {
    reader.findings.Add(
        place.At("format").Error("FORMAT_NONE, FORMAT_NHWC or FORMAT_NCHW", std::to_string(input.format())));
    return;
  }
  // Where nobody said whether dims leave out the batch dimension, they may have it.
  const bool may_have_rows = !reader.max_batch_size();
  const int dims = input.dims_size();
  if (dims == 0 || dims == 3 || (may_have_rows && dims == 4)) return;
  reader.findings.Add(
      place.At("format").Error("3 dims, for " + ModelInput::Format_Name(input.format()), std::to_string(dims)));
}

class Names {
 public:
  void Check(const std::string& name, const ConfigPlace& place, FindingList& findings) {
    if (name.empty() || seen_.insert(name).second) return;
    findings.Add(place.At("name").Error("each name once", Quoted(name.substr(0, 80)) + " a second time"));
  }

 private:
  std::set<std::string> seen_;
};

void ReadInputs(ConfigReader& reader) {
  const auto& inputs = reader.message.input();
  if (!CheckCount(inputs.size(), reader.root.At("input"), reader.findings)) return;
  Names names;
  for (int i = 0; i < inputs.size(); ++i) {
    const ConfigPlace place = reader.root.At("input", i);
    DeclaredTensor tensor = ReadTensor(inputs[i], place, reader.findings);
    names.Check(tensor.name, place, reader.findings);
    tensor.optional = inputs[i].optional();
    tensor.optional_place = place.At("optional").place();
    CheckFormat(inputs[i], place, reader);
    reader.file.declared.inputs.push_back(std::move(tensor));
  }
}

void ReadOutputs(ConfigReader& reader) {
  const auto& outputs = reader.message.output();
  if (!CheckCount(outputs.size(), reader.root.At("output"), reader.findings)) return;
  Names names;
  for (int i = 0; i < outputs.size(); ++i) {
    const ConfigPlace place = reader.root.At("output", i);
    DeclaredTensor tensor = ReadTensor(outputs[i], place, reader.findings);
    names.Check(tensor.name, place, reader.findings);
    tensor.label_file = outputs[i].label_filename();
    tensor.label_place = place.At("label_filename").place();
    reader.file.declared.outputs.push_back(std::move(tensor));
  }
}

}  // namespace

void ReadTensors(ConfigReader& reader) {
  ReadInputs(reader);
  ReadOutputs(reader);
}

}  // namespace trireme
