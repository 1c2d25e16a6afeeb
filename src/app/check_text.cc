// SPDX-License-Identifier: Apache-2.0
#include "app/check_text.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "app/check_words.h"
#include "app/rough_quantity.h"
#include "app/signature_difference.h"
#include "app/text_table.h"
#include "base/log.h"
#include "base/quantity.h"

namespace trireme {
namespace {

constexpr size_t kLabelWidth = 10;

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string Count(size_t count, const std::string& one, const std::string& several) {
  return std::to_string(count) + " " + (count == 1 ? one : several);
}

std::vector<std::string> Tensors(const std::vector<TensorSpec>& specs) {
  std::vector<std::vector<std::string>> rows;
  for (const TensorSpec& spec : specs) {
    std::string shape = spec.shape.ToString();
    if (spec.model_shape) shape += ", " + spec.model_shape->ToString() + " for the model";
    if (spec.optional) shape += ", optional";
    rows.push_back({PlainText(spec.name), std::string(Name(spec.type)), std::move(shape)});
  }
  return Aligned(rows);
}

// "JPEG, PNG or WebP as BYTES of 'input': 256 on the shorter side, the middle 224x224"
std::string Pictures(const CheckedModel& model) {
  using transform::ImageSteps;
  const ImageSteps& steps = model.transform.picture->steps;
  const auto size = [](const transform::ImageSize& s) {
    return std::to_string(s.width) + "x" + std::to_string(s.height);
  };
  std::string text = "JPEG, PNG or WebP as BYTES of '" +
                     PlainText(model.signature.inputs[model.transform.picture->input].name) + "': ";
  switch (steps.resize) {
    case ImageSteps::ResizeTo::kAsItIs:
      text += "in their own size";
      break;
    case ImageSteps::ResizeTo::kShorterSide:
      text += std::to_string(steps.side) + " on the shorter side";
      break;
    case ImageSteps::ResizeTo::kLongestSide:
      text += std::to_string(steps.side) + " on the longer side, filled up to a square";
      break;
    case ImageSteps::ResizeTo::kExact:
      text += size(steps.size);
      break;
  }
  return steps.crop ? text + ", the middle " + size(*steps.crop) : text;
}

// "classes, the 5 best of 'output', with 1001 names"
std::string Answers(const transform::ModelTransform::Answer& answer) {
  std::string text = answer.name();
  if (answer.kind == transform::AnswerKind::kClasses) text += ", the " + std::to_string(answer.top) + " best";
  for (const std::string& output : answer.outputs) {
    text += (&output == answer.outputs.data() ? " of '" : ", '") + PlainText(output) + "'";
  }
  return answer.names.size() == 0 ? text : text + ", with " + std::to_string(answer.names.size()) + " names";
}

std::string Batching(const CheckedModel& model) {
  const ModelConfig& config = model.config;
  if (config.decoupled) return "off: the model is decoupled";
  if (!model.signature.batched) return "none: no dimension counts rows";
  if (config.max_rows == 1) return "off";
  std::string text = config.max_rows == 0 ? "up to the number of rows that pays, found out when it is loaded"
                                          : "up to " + std::to_string(config.max_rows) + " rows in a run";
  if (config.max_request_rows > 0 && config.max_request_rows != config.max_rows) {
    text += ", and at most " + std::to_string(config.max_request_rows) + " in a request";
  }
  for (size_t i = 0; i < config.preferred_rows.size(); ++i) {
    text += (i == 0 ? ", best " : " or ") + std::to_string(config.preferred_rows[i]);
  }
  if (config.max_delay.count() > 0) text += ", for which a request waits at most " + FormatDuration(config.max_delay);
  return text;
}

std::string RunsOn(const ModelConfig& config) {
  return NamesOf(config.devices) + ", " + Count(static_cast<size_t>(config.instances), "instance", "instances") +
         " x " + Count(static_cast<size_t>(config.threads), "thread", "threads");
}

class Writer {
 public:
  explicit Writer(bool colours) : colours_(colours) {}

  void Write(const CheckedModel& model) {
    text_ += Bold(PlainText(model.id.name.empty() ? model.path.string() : model.id.name));
    if (model.id.version > 0) text_ += " version " + std::to_string(model.id.version);
    text_ += model.servable ? ": " + Colour("32", "can be served") : ": " + Colour("31", "cannot be served");
    text_ += "\n";
    if (!model.path.empty()) Line("file", PlainText(model.path.string()));
    if (!model.format.empty()) Line("format", PlainText(model.format));
    if (!model.platform.empty()) Line("platform", model.platform + " (backend " + model.backend + ")");
    Lines("inputs", Tensors(model.signature.inputs));
    Lines("outputs", Tensors(model.signature.outputs));
    if (model.servable) {
      if (model.transform.picture) Line("pictures", Pictures(model));
      if (model.transform.answer) Line("answers", Answers(*model.transform.answer));
      Line("batching", Batching(model));
      if (model.config.decoupled) Line("decoupled", "a request has any number of responses");
      Line("runs on", RunsOn(model.config));
      if (model.weight_bytes > 0) Line("memory", "about " + RoughBytes(model.weight_bytes) + " for its weights");
    }
    Write(SignatureDifferences(model.file_says, model.model_says));
    Write(model.findings);
    text_ += "\n";
  }

  void Write(const std::vector<SignatureDifference>& differences) {
    if (differences.empty()) return;
    std::vector<std::vector<std::string>> rows = {{"", "the file says", "the model says"}};
    for (const auto& [subject, file, model] : differences)
      rows.push_back({PlainText(subject), PlainText(file), PlainText(model)});
    Lines("differs", Aligned(rows));
  }

  void Write(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) Write(finding);
  }

  void Write(const Finding& finding) {
    std::string place = finding.file.string();
    if (finding.line > 0) place += ":" + std::to_string(finding.line);
    if (finding.line > 0 && finding.column > 0) place += ":" + std::to_string(finding.column);
    if (!finding.field.empty()) place += (place.empty() ? "" : ": ") + finding.field;
    const std::string name(Name(finding.severity));
    static constexpr std::array<const char*, 3> kColours = {"36", "33", "31"};
    text_ += "  " + Colour(kColours.at(static_cast<size_t>(finding.severity)), Padded(name, kLabelWidth));
    const bool only_found = finding.expected.empty() && !finding.found.empty();
    text_ += PlainText(place.empty() && only_found ? finding.found : place) + "\n";
    if (!finding.expected.empty()) Line("", "expected  " + PlainText(finding.expected));
    if (only_found && !place.empty()) Line("", PlainText(finding.found));
    if (!only_found && !finding.found.empty()) Line("", "found     " + PlainText(finding.found));
    if (!finding.fix.empty()) Line("", "to do     " + PlainText(finding.fix));
  }

  void Line(const std::string& label, const std::string& text) {
    text_ += "  " + Padded(label, kLabelWidth) + text + "\n";
  }

  void Lines(const std::string& label, const std::vector<std::string>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) Line(i == 0 ? label : "", lines[i]);
  }

  void Append(const std::string& text) { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string Colour(const char* code, const std::string& text) const {
    return colours_ ? std::string("\x1b[") + code + "m" + text + "\x1b[0m" : text;
  }
  std::string Bold(const std::string& text) const { return Colour("1", text); }

  const bool colours_;
  std::string text_;
};

std::string Sum(const CheckReport& report) {
  const auto servable = static_cast<size_t>(std::count_if(report.models.begin(), report.models.end(),
                                                          [](const CheckedModel& model) { return model.servable; }));
  const FindingCounts counts = CountFindings(report);
  std::string text = Count(report.models.size(), "model version", "model versions") + ": " + std::to_string(servable) +
                     " can be served, " + std::to_string(report.models.size() - servable) + " cannot";
  text += "; " + Count(static_cast<size_t>(counts.errors), "error", "errors") + ", " +
          Count(static_cast<size_t>(counts.warnings), "warning", "warnings");
  return text + "\n";
}

}  // namespace

std::string CheckText(const CheckReport& report, bool colours) {
  Writer writer(colours);
  for (const CheckedModel& model : report.models) writer.Write(model);
  if (!report.findings.empty()) {
    writer.Append("Of no model:\n");
    writer.Write(report.findings);
    writer.Append("\n");
  }
  writer.Append(Sum(report));
  return writer.text();
}

}  // namespace trireme
