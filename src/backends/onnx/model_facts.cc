// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx/model_facts.h"

#include <charconv>
#include <utility>
#include <vector>

#include "backends/onnx/changing_memory.h"
#include "backends/onnx/shown_text.h"
#include "backends/onnx/value_signature.h"

namespace trireme::onnx {
namespace {

using onnxfile::GraphValue;

// What ONNX Runtime of this release reads; a later one may read more.
constexpr int kKnownRelease = 29;  // 1.29
constexpr int64_t kNewestIrVersion = 13;
constexpr int64_t kNewestOpset = 26;
constexpr int64_t kNewestMlOpset = 5;
constexpr int64_t kFirstIrVersionWithOptionalInputs = 4;

bool IsOwnDomain(std::string_view domain) {
  return domain.empty() || domain == "ai.onnx";
}

std::string FormatOf(const onnxfile::ModelSummary& summary) {
  std::string text = "ONNX, IR version " + std::to_string(summary.ir_version);
  for (const onnxfile::OpsetImport& opset : summary.opsets) {
    text += IsOwnDomain(opset.domain) ? ", opset " : ", " + Shown(opset.domain) + " ";
    text += std::to_string(opset.version);
  }
  if (!summary.producer_name.empty()) text += ", made by " + Shown(summary.producer_name);
  if (!summary.producer_name.empty() && !summary.producer_version.empty())
    text += " " + Shown(summary.producer_version);
  return text;
}

// "1.29.0" -> 29, or a number larger than any if it does not look like that.
int ReleaseOf(std::string_view version) {
  const size_t dot = version.find('.');
  if (dot == std::string_view::npos || version.substr(0, dot) != "1") return kKnownRelease + 1;
  int release = kKnownRelease + 1;
  std::from_chars(version.data() + dot + 1, version.data() + version.size(), release);
  return release;
}

Status TooNew(std::string_view what, int64_t version, int64_t newest) {
  return InvalidArgument("the model is of " + std::string(what) + " " + std::to_string(version) +
                         ", and ONNX Runtime reads up to " + std::to_string(newest));
}

Status CheckVersions(const onnxfile::ModelSummary& summary, std::string_view runtime_version) {
  if (ReleaseOf(runtime_version) > kKnownRelease) return {};
  if (summary.ir_version > kNewestIrVersion) return TooNew("IR version", summary.ir_version, kNewestIrVersion);
  for (const onnxfile::OpsetImport& opset : summary.opsets) {
    if (IsOwnDomain(opset.domain) && opset.version > kNewestOpset) return TooNew("opset", opset.version, kNewestOpset);
    if (opset.domain == "ai.onnx.ml" && opset.version > kNewestMlOpset) {
      return TooNew("ai.onnx.ml opset", opset.version, kNewestMlOpset);
    }
  }
  return {};
}

bool IsToldInFull(const GraphValue& value) {
  if (value.kind == GraphValue::Kind::kUndeclared) return false;
  return value.kind != GraphValue::Kind::kTensor || (value.dims && value.type != onnxfile::ElementType::kUndefined);
}

}  // namespace

Result<ModelFacts> FactsOf(const onnxfile::ModelSummary& summary, std::span<const std::string> optional_inputs,
                           std::string_view runtime_version) {
  RETURN_IF_ERROR(CheckVersions(summary, runtime_version));
  ModelFacts facts;
  ModelValues values{.inputs = summary.inputs, .optional_inputs = {}, .outputs = {}};
  if (summary.ir_version >= kFirstIrVersionWithOptionalInputs) {
    values.optional_inputs = PickOptional(summary.defaulted_inputs, optional_inputs);
  }
  for (const GraphValue& output : summary.outputs) {
    if (IsToldInFull(output)) {
      values.outputs.push_back(output);
    } else {
      facts.notes.push_back("the file does not say what output '" + Shown(output.name) +
                            "' looks like: that shows once the model is open");
    }
  }
  ASSIGN_OR_RETURN(facts.signature, ToSignature(values));
  MarkWhatMayChange(summary, facts.signature);
  facts.weight_bytes = summary.constant_bytes;
  facts.format = FormatOf(summary);
  return facts;
}

}  // namespace trireme::onnx
