// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/python_answer.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "codec/small_float.h"
#include "tensor/bytes_elements.h"
#include "transform/python_json.h"
#include "wire/kserve/json_data.h"

namespace trireme::torchserve {
namespace {

void AppendFloat(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "Infinity" : "-Infinity";
  } else {
    transform::AppendPythonFloat(out, value);
  }
}

// Writes one tensor, element by element.
class ElementWriter {
 public:
  ElementWriter(std::string& out, const Tensor& tensor, bool has_json_texts, size_t depth)
      : out_(out), tensor_(tensor), texts_(tensor.data.bytes()), has_json_texts_(has_json_texts), depth_(depth) {}

  // As deep as the rank, which is bounded.
  void Write(size_t dimension) {
    if (dimension == tensor_.shape.rank()) return WriteElement();
    const int64_t count = tensor_.shape[dimension];
    if (count == 0) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++depth_;
    for (int64_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      BeginLine();
      Write(dimension + 1);
    }
    --depth_;
    BeginLine();
    out_ += ']';
  }

 private:
  void BeginLine() {
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  template <typename T>
  T Next() {
    T value;
    std::memcpy(&value, tensor_.data.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  void WriteElement() {
    switch (tensor_.type) {
      case DataType::kBool:
        out_ += Next<uint8_t>() != 0 ? "true" : "false";
        return;
      case DataType::kUint8:
        out_ += std::to_string(Next<uint8_t>());
        return;
      case DataType::kUint16:
        out_ += std::to_string(Next<uint16_t>());
        return;
      case DataType::kUint32:
        out_ += std::to_string(Next<uint32_t>());
        return;
      case DataType::kUint64:
        out_ += std::to_string(Next<uint64_t>());
        return;
      case DataType::kInt8:
        out_ += std::to_string(Next<int8_t>());
        return;
      case DataType::kInt16:
        out_ += std::to_string(Next<int16_t>());
        return;
      case DataType::kInt32:
        out_ += std::to_string(Next<int32_t>());
        return;
      case DataType::kInt64:
        out_ += std::to_string(Next<int64_t>());
        return;
      case DataType::kFp16:
        return AppendFloat(out_, WidenFp16(Next<uint16_t>()));
      case DataType::kBf16:
        return AppendFloat(out_, WidenBf16(Next<uint16_t>()));
      case DataType::kFp32:
        return AppendFloat(out_, Next<float>());
      case DataType::kFp64:
        return AppendFloat(out_, Next<double>());
      case DataType::kBytes:
        return WriteText(texts_.Next().value_or(std::string_view()));
    }
  }

  // JSON that stands by itself: its lines go in as deep as it stands here. There is no line's end within its strings.
  void AppendIndented(std::string_view json) {
    for (size_t end = 0; (end = json.find('\n')) != std::string_view::npos; json.remove_prefix(end + 1)) {
      out_ += json.substr(0, end);
      BeginLine();
    }
    out_ += json;
  }

  void WriteText(std::string_view text) {
    if (has_json_texts_) {
      AppendIndented(text);
    } else {
      transform::AppendPythonString(out_, text);
    }
  }

  std::string& out_;
  const Tensor& tensor_;
  BytesReader texts_;
  const bool has_json_texts_;
  size_t at_ = 0;
  size_t depth_;
};

bool IsOneText(const Tensor& tensor) {
  int64_t count = 1;
  for (size_t i = 0; i < tensor.shape.rank(); ++i) count *= tensor.shape[i];
  return tensor.type == DataType::kBytes && count == 1;
}

Status AppendOutput(std::string& out, const NamedTensor& output, const AnswerForm& form, size_t depth) {
  const Tensor& tensor = output.tensor;
  RETURN_IF_ERROR(kserve::CheckWhole(tensor).Within("output '" + output.name + "'"));
  const bool is_json = !form.json_output.empty() && output.name == form.json_output;
  const bool drops_first = form.is_lone_row && tensor.shape.rank() > 0 && tensor.shape[0] == 1;
  ElementWriter(out, tensor, is_json, depth).Write(drops_first ? 1 : 0);
  return {};
}

}  // namespace

Result<std::string> EncodePythonAnswer(const std::vector<NamedTensor>& outputs, const AnswerForm& form) {
  std::string body;
  if (!form.as_predictions && outputs.size() == 1 && IsOneText(outputs.front().tensor)) {
    RETURN_IF_ERROR(kserve::CheckWhole(outputs.front().tensor));
    body = BytesReader(outputs.front().tensor.data.bytes()).Next().value_or(std::string_view());
    return body;
  }
  size_t depth = 0;
  if (form.as_predictions) {
    body = "{\n  \"predictions\": ";
    depth = 1;
  }
  if (outputs.size() == 1) {
    RETURN_IF_ERROR(AppendOutput(body, outputs.front(), form, depth));
  } else {
    body += '{';
    for (const NamedTensor& output : outputs) {
      if (&output != &outputs.front()) body += ',';
      body += '\n';
      body.append(2 * (depth + 1), ' ');
      transform::AppendPythonString(body, output.name);
      body += ": ";
      RETURN_IF_ERROR(AppendOutput(body, output, form, depth + 1));
    }
    body += '\n';
    body.append(2 * depth, ' ');
    body += '}';
  }
  if (form.as_predictions) body += "\n}";
  return body;
}

}  // namespace trireme::torchserve
