// SPDX-License-Identifier: Apache-2.0
#include "app/convert_command.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "app/plugin_folder.h"
#include "backend/backend_set.h"
#include "base/log.h"
#include "base/memory_pool.h"
#include "onnxfile/data_embedder.h"
#include "onnxfile/lower_file.h"
#include "onnxfile/onnx_reader.h"
#include "repository/below.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGraphFile = "saved_model.pb";
constexpr uint64_t kMostBytes = INT32_MAX;  // no reader of protobuf takes more

std::optional<int64_t> VersionOf(const fs::path& folder) {
  const std::string name = folder.filename().string();
  int64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return version;
}

// The SavedModel that is meant: the folder, or the newest version in it.
Result<fs::path> FindSavedModel(const fs::path& path) {
  std::error_code error;
  if (path.filename() == kGraphFile) return path.parent_path();
  if (fs::exists(path / kGraphFile, error)) return path;
  std::optional<std::pair<int64_t, fs::path>> newest;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const std::optional<int64_t> version = VersionOf(it->path());
    std::error_code ignored;
    if (!version || !fs::exists(it->path() / kGraphFile, ignored)) continue;
    if (!newest || *version > newest->first) newest.emplace(*version, it->path());
  }
  if (newest) return newest->second;
  return NotFound("no SavedModel at '" + path.string() +
                  "': expected saved_model.pb, or VERSION/saved_model.pb, in it; or an ONNX file");
}

// Elements of constants, out of the converted model's data file.
Status ReadElements(const fs::path& folder, const onnxfile::ExternalTensor& tensor, std::span<char> to) {
  std::ifstream file(folder / tensor.location, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(tensor.offset));
  file.read(to.data(), static_cast<std::streamsize>(to.size()));
  return file ? Status() : InvalidArgument(tensor.location + " cannot be read where '" + tensor.name + "' lies");
}

Result<std::string> WholeModel(const OnnxModelBytes& converted, const fs::path& folder) {
  ASSIGN_OR_RETURN(const onnxfile::ModelSummary summary, onnxfile::ReadModelSummary(converted.bytes));
  if (summary.constant_bytes > kMostBytes - converted.bytes.size()) {
    return TooLarge("the model has " + std::to_string(summary.constant_bytes) +
                    " bytes of constants, and ONNX files end at 2 GiB");
  }
  return onnxfile::EmbedData(converted.bytes, summary, [&](const onnxfile::ExternalTensor& tensor, std::span<char> to) {
    return ReadElements(folder, tensor, to);
  });
}

// Nothing of the model itself is written over.
Status CheckOutsideOf(const ConvertOptions& options, const fs::path& folder) {
  std::error_code error;
  const fs::path home = fs::canonical(folder, error);
  const fs::path place = fs::weakly_canonical(options.output, error);
  if (error || !IsAtOrBelow(place.native(), home.native())) return {};
  return InvalidArgument("'" + options.output.string() + "': expected a file outside of the model's folder");
}

// Another file is written over only if that is wished.
Status CheckOutput(const ConvertOptions& options) {
  const std::string shown = "'" + options.output.string() + "'";
  std::error_code ignored;
  const fs::path parent = options.output.parent_path();
  if (!parent.empty() && !fs::is_directory(parent, ignored)) {
    return InvalidArgument(shown + " cannot be written: expected a folder '" + parent.string() + "', found " +
                           (fs::exists(parent, ignored) ? "something else" : "no such folder"));
  }
  if (options.force || !fs::exists(fs::symlink_status(options.output, ignored))) return {};
  return AlreadyExists(shown + " is there already: --force writes over it");
}

// What a SavedModel is served as, with all of its data.
Result<std::string> ConvertSavedModel(const ConvertOptions& options, const fs::path& folder) {
  MemoryPool pool;
  const Logger log(2, Logger::Form::kText, LogLevel::kWarning);
  BackendSet backends({pool, log, PluginFolder()});
  ASSIGN_OR_RETURN(Backend * converter, backends.Named("tensorflow"));
  OpenOptions how;
  if (!options.signature.empty()) how.runtime_parameters["signature"] = options.signature;
  if (!options.tags.empty()) how.runtime_parameters["tags"] = options.tags;
  ASSIGN_OR_RETURN(const Opened opened, converter->Open({.path = folder}, how));
  const auto* converted = std::get_if<OnnxModelBytes>(&opened);
  if (converted == nullptr) return Internal("backend 'tensorflow' gave no ONNX model");
  return WholeModel(*converted, converted->data != nullptr ? converted->data->path() : folder);
}

void Describe(const onnxfile::LoweringReport& report, const ConvertOptions& options, std::ostream& out) {
  out << options.output.string() << ": " << report.bytes_after << " bytes, from " << report.bytes_before << "\n  in "
      << onnxfile::Name(options.lowering.precision) << ":";
  for (const onnxfile::LoweringReport::Count& count : report.changed) {
    out << (&count == report.changed.data() ? " " : ", ") << count.nodes << " " << count.op_type;
  }
  out << "\n";
  for (const onnxfile::LoweringReport::Left& left : report.left) {
    out << "  left as it is: " << onnxfile::Described(left) << "\n";
  }
  for (const std::string& note : report.notes) out << "  note: " << note << "\n";
}

Status LowerOnnx(const ConvertOptions& options, std::ostream& out) {
  const std::string shown = "'" + options.path.string() + "'";
  if (options.lowering.precision == onnxfile::Precision::kFp32) {
    return InvalidArgument(shown +
                           " is a file already, and no SavedModel: an ONNX model is written in lower precision " +
                           "with --precision int8 or fp16");
  }
  if (!options.signature.empty() || !options.tags.empty()) {
    return InvalidArgument("--signature and --tags choose from a SavedModel, and " + shown + " is none");
  }
  RETURN_IF_ERROR(CheckOutput(options));
  const Result<onnxfile::LoweringReport> report = onnxfile::LowerFile(options.path, options.output, options.lowering);
  if (!report.ok()) return Status(report.status()).Within(shown);
  Describe(*report, options, out);
  return {};
}

Status ConvertFolder(const ConvertOptions& options, std::ostream& out) {
  ASSIGN_OR_RETURN(const fs::path folder, FindSavedModel(options.path));
  RETURN_IF_ERROR(CheckOutsideOf(options, folder));
  RETURN_IF_ERROR(CheckOutput(options));
  ASSIGN_OR_RETURN(const std::string whole, ConvertSavedModel(options, folder));
  if (options.lowering.precision != onnxfile::Precision::kFp32) {
    ASSIGN_OR_RETURN(const onnxfile::LoweringReport report,
                     onnxfile::LowerToFile(whole, folder, options.output, options.lowering));
    Describe(report, options, out);
    return {};
  }
  RETURN_IF_ERROR(onnxfile::WriteWhole(options.output, whole));
  out << options.output.string() << ": " << whole.size() << " bytes\n";
  return {};
}

Status Convert(const ConvertOptions& options, std::ostream& out) {
  std::error_code ignored;
  const bool is_file = fs::is_regular_file(options.path, ignored) && options.path.filename() != kGraphFile;
  return is_file ? LowerOnnx(options, out) : ConvertFolder(options, out);
}

}  // namespace

int RunConvert(const ConvertOptions& options, std::ostream& out, std::ostream& problems) {
  const Status status = Convert(options, out);
  if (status.ok()) return kExitOk;
  problems << "trireme: " << status.message() << "\n";
  return kExitFailure;
}

}  // namespace trireme
