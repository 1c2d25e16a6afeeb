// SPDX-License-Identifier: Apache-2.0
#include "repository/labels.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "repository/file_contents.h"
#include "repository/model_name.h"

namespace trireme {
namespace {

constexpr size_t kMaxBytes = size_t{64} << 20;
constexpr size_t kMaxLabels = size_t{4} << 20;

Finding AtLabels(const ModelEntry& entry, const DeclaredTensor& output, Finding::Severity severity) {
  Finding finding;
  finding.severity = severity;
  finding.file = entry.declared.file;
  finding.line = output.label_place.line;
  finding.column = output.label_place.column;
  finding.field = output.label_place.field.empty() ? "label_filename" : output.label_place.field;
  return finding;
}

// The label with U+FFFD for what is no UTF-8, so that it can be sent as JSON.
std::string ToUtf8(std::string_view line, bool& changed) {
  std::string text;
  while (!line.empty()) {
    const size_t length = Utf8SequenceLength(line);
    text += length > 0 ? line.substr(0, length) : std::string_view("\xef\xbf\xbd");
    changed |= length == 0;
    line.remove_prefix(std::max<size_t>(1, length));
  }
  return text;
}

struct Lines {
  std::vector<std::string> labels;
  bool changed = false;   // some were no UTF-8
  bool too_many = false;  // there are more
};

Lines SplitLines(std::string_view text) {
  Lines lines;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    if (lines.labels.size() == kMaxLabels) {
      lines.too_many = true;
      break;
    }
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.labels.push_back(ToUtf8(line, lines.changed));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  while (!lines.labels.empty() && lines.labels.back().empty()) lines.labels.pop_back();
  return lines;
}

// The elements that labels stand for: of one row where rows are counted.
std::optional<int64_t> ElementsOf(const TensorSpec& output) {
  if (output.shape.rank() > 0 && output.shape[0] == Shape::kAny) return output.shape.Inner().ElementCount();
  return output.shape.ElementCount();
}

void CompareLength(const ModelEntry& entry, const DeclaredTensor& output, const Signature& signature, size_t labels,
                   std::vector<Finding>& findings) {
  const int index = FindSpec(signature.outputs, output.name);
  if (index < 0) return;
  const std::optional<int64_t> elements = ElementsOf(signature.outputs[static_cast<size_t>(index)]);
  if (!elements || static_cast<size_t>(*elements) == labels) return;
  Finding finding = AtLabels(entry, output, Finding::Severity::kWarning);
  finding.expected = std::to_string(*elements) + " labels, as the output has elements";
  finding.found = std::to_string(labels) + " in " + Quoted(output.label_file);
  finding.fix = labels < static_cast<size_t>(*elements) ? "the last elements have none" : "the last are not used";
  findings.push_back(std::move(finding));
}

void ReadOne(const ModelEntry& entry, const DeclaredTensor& output, const Signature& signature,
             ReadLabelsResult& result) {
  const auto fail = [&](const std::string& found) {
    Finding finding = AtLabels(entry, output, Finding::Severity::kError);
    finding.expected = "a file of labels in the model's folder, of at most " + std::to_string(kMaxBytes) +
                       " bytes and " + std::to_string(kMaxLabels) + " lines";
    finding.found = Quoted(output.label_file.substr(0, 255)) + ": " + found;
    finding.fix = "put the file there, or leave out label_filename";
    result.findings.push_back(std::move(finding));
  };
  const auto file = FindInside(entry.folder, entry.folder, output.label_file);
  if (!file.ok()) return fail(file.status().message());
  const auto text = ReadFileContents(*file, kMaxBytes);
  if (!text.ok()) return fail(text.status().message());
  Lines lines = SplitLines(*text);
  if (lines.too_many) return fail("a longer one");
  if (lines.changed) {
    Finding finding = AtLabels(entry, output, Finding::Severity::kWarning);
    finding.expected = "labels in UTF-8";
    finding.found = "other bytes in " + Quoted(output.label_file);
    finding.fix = "they are replaced; save the file as UTF-8";
    result.findings.push_back(std::move(finding));
  }
  CompareLength(entry, output, signature, lines.labels.size(), result.findings);
  result.labels[output.name] = std::move(lines.labels);
}

}  // namespace

ReadLabelsResult ReadLabels(const ModelEntry& entry, const Signature& signature) {
  ReadLabelsResult result;
  for (const DeclaredTensor& output : entry.declared.outputs) {
    if (!output.label_file.empty()) ReadOne(entry, output, signature, result);
  }
  return result;
}

}  // namespace trireme
