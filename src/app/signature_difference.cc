// SPDX-License-Identifier: Apache-2.0
#include "app/signature_difference.h"

#include <utility>

namespace trireme {
namespace {

constexpr const char* kNotThere = "has none of that name";

// As the file would have to write it.
Shape WithoutRows(const Shape& shape, bool file_counts_rows) {
  return file_counts_rows && shape.rank() > 0 ? shape.Inner() : shape;
}

void CompareTensor(const std::string& subject, const DeclaredTensor& file, const TensorSpec& model,
                   bool file_counts_rows, std::vector<SignatureDifference>& differences) {
  if (file.type && *file.type != model.type) {
    differences.push_back({subject + ": data_type", std::string(Name(*file.type)), std::string(Name(model.type))});
  }
  const Shape shape = WithoutRows(model.shape, file_counts_rows);
  const auto& taken = file.reshape ? file.reshape : file.dims;
  if (!taken || *taken == shape) return;
  const std::string said = file.reshape ? "reshape of " + (file.dims ? file.dims->ToString() : "dims") + " to " : "";
  differences.push_back({subject + ": dims", said + taken->ToString(), shape.ToString()});
}

void CompareTensors(const std::string& kind, const std::vector<DeclaredTensor>& file,
                    const std::vector<TensorSpec>& model, bool file_counts_rows,
                    std::vector<SignatureDifference>& differences) {
  for (const DeclaredTensor& tensor : file) {
    const std::string subject = kind + " " + tensor.name;
    const int index = FindSpec(model, tensor.name);
    if (index >= 0) {
      CompareTensor(subject, tensor, model[static_cast<size_t>(index)], file_counts_rows, differences);
    } else {
      differences.push_back({subject, tensor.dims ? tensor.dims->ToString() : "is there", kNotThere});
    }
  }
}

}  // namespace

std::vector<SignatureDifference> SignatureDifferences(const DeclaredSignature& file, const Signature& model) {
  std::vector<SignatureDifference> differences;
  if (model.inputs.empty() && model.outputs.empty()) return differences;  // it could not be read
  if (file.max_batch_size && (*file.max_batch_size > 0) != model.batched) {
    differences.push_back({"max_batch_size", std::to_string(*file.max_batch_size),
                           model.batched ? "the outermost dimension may count rows" : "no dimension counts rows"});
  }
  const bool counts_rows = file.max_batch_size.value_or(0) > 0;
  CompareTensors("input", file.inputs, model.inputs, counts_rows, differences);
  CompareTensors("output", file.outputs, model.outputs, counts_rows, differences);
  return differences;
}

}  // namespace trireme
