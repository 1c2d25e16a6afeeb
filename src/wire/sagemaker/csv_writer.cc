// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>

#include "tensor/bytes_elements.h"
#include "wire/kserve/json_data.h"
#include "wire/sagemaker/csv.h"

namespace trireme::sagemaker {
namespace {

void AppendText(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void AppendTexts(std::string& out, BytesReader& reader, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    AppendText(out, reader.Next().value_or(""));
  }
}

// Numbers and truths are spelled as in JSON: an array without its brackets.
Status AppendNumbers(std::string& out, const Tensor& row) {
  const size_t begin = out.size();
  RETURN_IF_ERROR(kserve::AppendJsonData(out, row));
  out.erase(begin, 1);
  out.pop_back();
  return {};
}

}  // namespace

Result<std::string> WriteCsv(const Tensor& tensor) {
  RETURN_IF_ERROR(kserve::CheckWhole(tensor));
  const int64_t lines = tensor.shape.rank() == 0 ? 1 : tensor.shape[0];
  const int64_t elements = tensor.shape.ElementCount().value_or(0);
  const int64_t fields = lines == 0 ? 0 : elements / lines;
  std::string out;
  // A line of a huge number of empty rows is still a byte.
  if (fields > 0) out.reserve(kserve::EstimateJsonData(tensor) + static_cast<size_t>(lines));
  BytesReader texts(tensor.data.bytes());
  const size_t row_bytes = static_cast<size_t>(fields) * ElementBytes(tensor.type);
  for (int64_t i = 0; i < (fields == 0 ? 0 : lines); ++i) {
    if (tensor.type == DataType::kBytes) {
      AppendTexts(out, texts, fields);
    } else {
      const Buffer data = tensor.data.Slice(static_cast<size_t>(i) * row_bytes, row_bytes);
      RETURN_IF_ERROR(AppendNumbers(out, {.type = tensor.type, .shape = {fields}, .data = data}));
    }
    out += '\n';
  }
  return out;
}

}  // namespace trireme::sagemaker
