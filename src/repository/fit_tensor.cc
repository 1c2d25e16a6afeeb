// SPDX-License-Identifier: Apache-2.0
#include "repository/fit_tensor.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "repository/reshape_rule.h"

namespace trireme {
namespace {

std::string TypeName(DataType type) {
  return "TYPE_" + (type == DataType::kBytes ? "STRING" : std::string(Name(type)));
}

void FitType(TensorFitting& fitting) {
  if (!fitting.said.type || *fitting.said.type == fitting.spec.type) return;
  Finding finding = ErrorAt(fitting.file, fitting.said.type_place, fitting.path + ".data_type");
  finding.expected = TypeName(fitting.spec.type) + ", as the model has it";
  finding.found = TypeName(*fitting.said.type);
  finding.fix = "write data_type: " + TypeName(fitting.spec.type) + ", or leave it out";
  fitting.findings.push_back(std::move(finding));
}

void FitOptional(TensorFitting& fitting) {
  if (!fitting.said.optional || fitting.spec.optional) return;
  Finding finding = ErrorAt(fitting.file, fitting.said.optional_place, fitting.path + ".optional");
  finding.severity = Finding::Severity::kWarning;
  finding.expected = "an input that the model has a default for";
  finding.found = "one that it needs";
  finding.fix = "requests must have it";
  fitting.findings.push_back(std::move(finding));
}

// The shapes of one tensor on both sides of a reshape; without one they are the same.
struct Sides {
  bool leaves_out_rows = false;  // dims do not count the batch dimension; here it is in front again
  Shape client;
  Shape model;
};

class DimsFitting {
 public:
  explicit DimsFitting(TensorFitting& fitting)
      : fitting_(fitting), takes_(fitting.said.reshape ? *fitting.said.reshape : *fitting.said.dims) {}

  void Fit() {
    const bool leaves_out_rows = LeavesOutRows();
    const size_t rows = leaves_out_rows ? 1 : 0;
    const Shape& model = fitting_.spec.shape;
    if (takes_.rank() + rows != model.rank()) return Contradicts(leaves_out_rows);
    if (fitting_.said.dims->rank() + rows > Shape::kMaxRank) return Contradicts(leaves_out_rows);
    if (fitting_.said.reshape && !FitsReshape()) return;
    Sides sides{.client = *fitting_.said.dims, .model = takes_};
    if (leaves_out_rows) sides = {true, sides.client.WithRows(Shape::kAny), sides.model.WithRows(Shape::kAny)};
    for (size_t i = 0; i < model.rank(); ++i) {
      if (model[i] == Shape::kAny || sides.model[i] == Shape::kAny || model[i] == sides.model[i]) continue;
      return Contradicts(leaves_out_rows);
    }
    if (FixFreeDims(sides)) SayWhatIsFixed(sides);
    Take(sides);
  }

 private:
  bool LeavesOutRows() const {
    if (fitting_.max_batch_size) return *fitting_.max_batch_size > 0;
    return LeadsFree(fitting_.spec) && takes_.rank() + 1 == fitting_.spec.shape.rank();
  }

  bool FitsReshape() {
    const std::string problem = ReshapeProblem(*fitting_.said.dims, *fitting_.said.reshape);
    if (problem.empty()) return true;
    Finding finding = AtReshape();
    finding.expected = "as many elements and free dimensions as dims " + fitting_.said.dims->ToString();
    finding.found = fitting_.said.reshape->ToString() + ", which has " + problem;
    fitting_.findings.push_back(std::move(finding));
    return false;
  }

  // Where the model knows the size, so does the signature: on both sides, as free dimensions stand for one another in
  // order. Whether there was one.
  bool FixFreeDims(Sides& sides) const {
    const Shape& model = fitting_.spec.shape;
    bool any = false;
    size_t client = 0;
    for (size_t i = 0; i < model.rank(); ++i) {
      if (sides.model[i] != Shape::kAny) continue;
      while (sides.client[client] != Shape::kAny) ++client;
      sides.model[i] = model[i];
      sides.client[client++] = model[i];
      any |= model[i] != Shape::kAny;
    }
    return any;
  }

  void Take(const Sides& sides) {
    TensorSpec& spec = fitting_.spec;
    spec.shape = sides.client;
    if (sides.client == sides.model) return;
    spec.model_shape = sides.model;
    spec.dim_names.clear();  // they are those of the other side
  }

  Finding AtDims() const { return ErrorAt(fitting_.file, fitting_.said.dims_place, fitting_.path + ".dims"); }
  Finding AtReshape() const { return ErrorAt(fitting_.file, fitting_.said.reshape_place, fitting_.path + ".reshape"); }
  Finding AtTaken() const { return fitting_.said.reshape ? AtReshape() : AtDims(); }

  std::string AsWritten(const Shape& shape) const {
    return fitting_.said.reshape ? "reshape: { shape: " + shape.ToString() + " }" : "dims: " + shape.ToString();
  }

  void Contradicts(bool leaves_out_rows) {
    const Shape& whole = fitting_.spec.shape;
    const Shape model = leaves_out_rows ? whole.Inner() : whole;
    Finding finding = AtTaken();
    finding.expected = model.ToString() + ", as the model has it";
    if (leaves_out_rows && fitting_.max_batch_size) {
      finding.expected +=
          " behind the batch dimension that max_batch_size: " + std::to_string(*fitting_.max_batch_size) +
          " stands for";
    } else if (fitting_.max_batch_size) {
      finding.expected += " (with max_batch_size: 0 all its dimensions)";
    }
    finding.found = takes_.ToString();
    finding.fix = "write " + AsWritten(model) + ", or leave it out";
    fitting_.findings.push_back(std::move(finding));
  }

  void SayWhatIsFixed(const Sides& sides) {
    Finding finding = AtTaken();
    finding.severity = Finding::Severity::kWarning;
    const Shape fixed = sides.leaves_out_rows ? sides.model.Inner() : sides.model;
    finding.expected = fixed.ToString() + ", as the model has it";
    finding.found = takes_.ToString();
    finding.fix = "requests must have the model's sizes";
    fitting_.findings.push_back(std::move(finding));
  }

  TensorFitting& fitting_;
  const Shape& takes_;  // what the declaration says that the model takes
};

}  // namespace

Finding ErrorAt(const std::filesystem::path& file, const FieldPlace& place, const std::string& path) {
  Finding finding;
  finding.severity = Finding::Severity::kError;
  finding.file = file;
  finding.line = place.line;
  finding.column = place.column;
  finding.field = place.field.empty() ? path : place.field;
  return finding;
}

bool LeadsFree(const TensorSpec& spec) {
  return spec.shape.rank() > 0 && spec.shape[0] == Shape::kAny;
}

void FitTensor(TensorFitting& fitting) {
  FitType(fitting);
  FitOptional(fitting);
  // Of a model that cannot batch as declared that is said once, for all its tensors.
  const bool has_room_for_rows = fitting.max_batch_size.value_or(0) == 0 || LeadsFree(fitting.spec);
  if (fitting.said.dims && has_room_for_rows) DimsFitting(fitting).Fit();
}

}  // namespace trireme
