// SPDX-License-Identifier: Apache-2.0
#include "app/check_json.h"

#include <concepts>
#include <string_view>

#include "app/check_words.h"
#include "app/signature_difference.h"
#include "base/log.h"

namespace trireme {
namespace {

// An object that is being written.
class Object {
 public:
  Object& Text(std::string_view name, std::string_view text) {
    Begin(name);
    AppendJsonString(json_, text);
    return *this;
  }
  template <std::integral T>
  Object& Number(std::string_view name, T number) {
    return Raw(name, std::to_string(number));
  }
  Object& Bool(std::string_view name, bool value) { return Raw(name, value ? "true" : "false"); }
  Object& Raw(std::string_view name, std::string_view json) {
    Begin(name);
    json_ += json;
    return *this;
  }
  std::string Done() const { return json_ + "}"; }

 private:
  void Begin(std::string_view name) {
    if (json_.size() > 1) json_ += ',';
    AppendJsonString(json_, name);
    json_ += ':';
  }

  std::string json_ = "{";
};

template <typename List, typename ToJson>
std::string Array(const List& list, ToJson to_json) {
  std::string json = "[";
  for (const auto& each : list) json += (json.size() > 1 ? "," : "") + to_json(each);
  return json + "]";
}

std::string Json(const Finding& finding) {
  return Object()
      .Text("severity", Name(finding.severity))
      .Text("file", finding.file.string())
      .Number("line", finding.line)
      .Number("column", finding.column)
      .Text("field", finding.field)
      .Text("expected", finding.expected)
      .Text("found", finding.found)
      .Text("fix", finding.fix)
      .Done();
}

std::string Json(const TensorSpec& spec) {
  return Object()
      .Text("name", spec.name)
      .Text("datatype", Name(spec.type))
      .Raw("shape", spec.shape.ToString())
      .Bool("optional", spec.optional)
      .Raw("model_shape", spec.model_shape ? spec.model_shape->ToString() : "null")
      .Done();
}

std::string Json(const SignatureDifference& difference) {
  return Object()
      .Text("subject", difference.subject)
      .Text("file_says", difference.file_says)
      .Text("model_says", difference.model_says)
      .Done();
}

std::string Json(const CheckedModel& model);

constexpr auto kToJson = [](const auto& each) { return Json(each); };

std::string Json(const CheckedModel& model) {
  const ModelConfig& config = model.config;
  return Object()
      .Text("name", model.id.name)
      .Number("version", model.id.version)
      .Text("path", model.path.string())
      .Bool("servable", model.servable)
      .Text("backend", model.backend)
      .Text("platform", model.platform)
      .Text("format", model.format)
      .Raw("inputs", Array(model.signature.inputs, kToJson))
      .Raw("outputs", Array(model.signature.outputs, kToJson))
      .Bool("batched", model.signature.batched)
      .Bool("decoupled", config.decoupled)
      .Number("max_batch_rows", config.max_rows)
      .Raw("preferred_batch_rows", Array(config.preferred_rows, [](int64_t rows) { return std::to_string(rows); }))
      .Number("max_delay_us", config.max_delay.count())
      .Text("device", NamesOf(config.devices))
      .Number("instances", config.instances)
      .Number("threads", config.threads)
      .Number("weight_bytes", model.weight_bytes)
      .Raw("differences", Array(SignatureDifferences(model.file_says, model.model_says), kToJson))
      .Raw("findings", Array(model.findings, kToJson))
      .Done();
}

}  // namespace

std::string CheckJson(const CheckReport& report) {
  return Object()
             .Bool("ok", CountFindings(report).errors == 0 && report.ok())
             .Raw("models", Array(report.models, kToJson))
             .Raw("findings", Array(report.findings, kToJson))
             .Done() +
         "\n";
}

}  // namespace trireme
