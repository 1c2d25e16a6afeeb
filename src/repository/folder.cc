// SPDX-License-Identifier: Apache-2.0
#include "repository/folder.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/letter_case.h"
#include "repository/file_contents.h"
#include "repository/model_name.h"
#include "treefile/read_forest.h"

namespace trireme {
namespace {

namespace fs = std::filesystem;

struct KindOfModel {
  std::string_view extension;
  std::string_view what;
};

constexpr std::array kUnserved = {
    KindOfModel{".pt2", "a PyTorch exported program"},
    KindOfModel{".graphdef", "a TensorFlow graph"},
    KindOfModel{".pb", "a TensorFlow graph"},
    KindOfModel{".tflite", "a TensorFlow Lite model"},
    KindOfModel{".keras", "a Keras model"},
    KindOfModel{".plan", "a TensorRT plan"},
    KindOfModel{".safetensors", "a file of weights"},
};

std::string LowerExtension(const fs::path& path) {
  return LowerCase(path.extension().string());
}

// What XGBoost's and LightGBM's files are called.
constexpr std::array<std::string_view, 6> kTreeExtensions = {".json", ".txt", ".model", ".bst", ".lgb", ".xgb"};

}  // namespace

PathKind KindOf(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  switch (status.type()) {
    case fs::file_type::regular:
      return PathKind::kFile;
    case fs::file_type::directory:
      return PathKind::kFolder;
    default:
      break;
  }
  std::error_code ignored;
  const bool reached = status.type() != fs::file_type::not_found && status.type() != fs::file_type::none;
  if (!reached && fs::is_symlink(fs::symlink_status(path, ignored))) return PathKind::kBrokenLink;
  if (status.type() == fs::file_type::not_found) return PathKind::kMissing;
  return status.type() == fs::file_type::none ? PathKind::kUnreadable : PathKind::kOther;
}

std::string_view Describe(PathKind kind) {
  switch (kind) {
    case PathKind::kMissing:
      return "nothing";
    case PathKind::kFile:
      return "a file";
    case PathKind::kFolder:
      return "a folder";
    case PathKind::kBrokenLink:
      return "a link that leads nowhere";
    case PathKind::kOther:
      return "something that is neither a file nor a folder";
    case PathKind::kUnreadable:
      return "something that cannot be looked at";
  }
  return "unknown";
}

std::string_view DescribeInsteadOfFile(PathKind kind) {
  return kind == PathKind::kMissing ? "no such file" : Describe(kind);
}

Result<std::vector<fs::path>> ListFolder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator(); it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) found.push_back(it->path());
  }
  if (error) return Unavailable("folder " + Quoted(folder.string()) + " cannot be read: " + error.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::string NamesOf(const std::vector<fs::path>& paths) {
  constexpr size_t kShown = 5;
  if (paths.empty()) return "nothing";
  std::string names;
  for (size_t i = 0; i < std::min(paths.size(), kShown); ++i) {
    if (i > 0) names += ", ";
    names += Quoted(paths[i].filename().string());
  }
  if (paths.size() > kShown) names += " and " + std::to_string(paths.size() - kShown) + " more";
  return names;
}

bool HasOnnxExtension(const fs::path& path) {
  return LowerExtension(path) == ".onnx";
}

bool HasTorchExtension(const fs::path& path) {
  const std::string extension = LowerExtension(path);
  return extension == ".pt" || extension == ".pth" || extension == ".torchscript";
}

bool HasModelExtension(const fs::path& path) {
  return HasOnnxExtension(path) || HasTorchExtension(path) || IsSavedModelFile(path) || IsTreeFile(path);
}

bool IsTreeFile(const fs::path& path) {
  const std::string extension = LowerExtension(path);
  if (extension == ".ubj") return true;
  if (std::ranges::find(kTreeExtensions, extension) == kTreeExtensions.end() || KindOf(path) != PathKind::kFile) {
    return false;
  }
  std::error_code error;
  const uint64_t bytes = fs::file_size(path, error);
  const Result<std::string> head = ReadFileBeginning(path, treefile::kProbeBytes);
  return !error && head.ok() && treefile::ProbeTreeFile(*head, bytes).has_value();
}

bool IsSavedModelFile(const fs::path& path) {
  return path.filename() == kSavedModelFile;
}

bool HoldsSavedModel(const fs::path& folder) {
  return KindOf(folder / kSavedModelFile) != PathKind::kMissing;
}

std::optional<std::string> UnservedKind(const fs::path& path) {
  if (IsSavedModelFile(path)) return std::nullopt;
  const std::string extension = LowerExtension(path);
  const auto* kind = std::find_if(kUnserved.begin(), kUnserved.end(),
                                  [&](const KindOfModel& known) { return known.extension == extension; });
  if (kind == kUnserved.end()) return std::nullopt;
  return std::string(kind->what);
}

Complaint NotServedYet(const fs::path& path, const std::string& kind) {
  return Complain(Unsupported(Quoted(path.string()) + " is " + kind +
                              ", a kind that is not served yet: expected ONNX, TorchScript or a SavedModel"),
                  path, "ONNX (.onnx), TorchScript (.pt, .mar) or a SavedModel (saved_model.pb)",
                  kind + ", which is not served yet", "export the model to ONNX");
}

}  // namespace trireme
