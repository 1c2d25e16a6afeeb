// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "model/model_config.h"
#include "model/model_id.h"
#include "repository/declared_signature.h"
#include "repository/finding.h"
#include "repository/read_config.h"
#include "transform/model_transform.h"

namespace trireme {

// A model that can be tried: which file a backend is to open, and how somebody wants it to be run.
struct ModelEntry {
  ModelId id;
  std::filesystem::path path;    // what a backend opens: the model file, or the version's folder if it has none
  std::string archived_file;     // of an archive, which `path` is then: the model's file in it; empty: it is none
  std::filesystem::path root;    // the path given to the scan that it was found at
  std::filesystem::path folder;  // the model's own, where labels and warm-up data lie; empty: a plain file has none
  std::filesystem::path version_folder;  // where the version's files lie, and perhaps its manifest; empty: the same
  std::string backend;                   // that opens it, if the model has no file; empty: the file says which
  ModelConfig config;
  DeclaredSignature declared;
  transform::TransformWish transform;  // what its trireme.yaml wants done around it
  // What its config file says: a serialized inference.ModelConfig; null without one. Shared by the versions of a model,
  // by the scans that tell of them and by what is loaded from them: it may have a megabyte.
  std::shared_ptr<const std::string> config_message;
  bool is_verified = false;  // every file that its manifest lists is there as it is listed
  // Labels of the model's versions, as its config has them: the same in all its entries.
  std::map<std::string, int64_t> version_labels;
  uint64_t fingerprint = 0;          // another one when a file of the model, or how it is to be run, has changed
  uint64_t weights_fingerprint = 0;  // another one when what changed makes opening it give something else; 0: not known
  uint64_t file_bytes = 0;           // of the model's files
  std::chrono::milliseconds load_timeout{0};  // a load that takes longer has failed; 0: the server's own says when
  uint64_t warmup_bytes = 0;       // what its largest warm-up sample or recorded request takes while it is run
  std::vector<std::string> notes;  // what was passed over or assumed on the way; sentences for people
  std::vector<Finding> findings;   // of its config file: warnings and notes
};

// Something that looks like a model and cannot be one.
struct ModelProblem {
  std::filesystem::path path;
  std::string name;               // the model's; empty if there is none or it breaks the rule for names
  Status status;                  // names the path, what was expected and what was found
  std::vector<Finding> findings;  // the same in pieces, and whatever else is wrong with it; never empty
  std::vector<std::filesystem::path> places = {};  // all that `status` names: `path`, and others of the same name
  std::vector<std::filesystem::path> roots = {};   // the paths given to the scan that these were found at
  std::string shown_name =
      {};  // for lists, if there is no name: what it would have been; empty: nothing better than `path`
  bool keeps_models = false;   // a root that cannot be looked at: what was found there before goes on
  int64_t version = 0;         // the one that this is about, while others may be served; 0: the model as a whole
  bool is_incomplete = false;  // a file that its manifest lists has not come yet: nothing is wrong so far
};

// Which file or folder it is, whatever its path.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

// One of the paths that a scan was given.
struct RootLook {
  std::filesystem::path path;
  std::optional<FileIdentity> identity = {};  // nothing: there was none to be had
  Status status = {};                         // why it could not be looked at: nothing is known of what lies there
  bool has_models = false;                    // something there would like to be a model
};

// A name stands in `models` or in `problems`, never in both and never twice; but for problems of single versions. Both
// are sorted: models by name and version, problems by name and path.
struct RepositoryScan {
  std::vector<ModelEntry> models;
  std::vector<ModelProblem> problems;
  std::vector<std::string> notes;    // what was passed over and belongs to no model
  std::vector<RootLook> roots = {};  // one a path, in order
};

class ArchiveBook;
class DigestBook;

// A model whose versions lie in a folder of any name, by the rules of TF Serving's base paths: zeros may stand before a
// version's number, and who serves says which versions there are to be.
struct NamedModel {
  std::string name;
  std::filesystem::path folder;
  VersionPolicy versions;
  std::map<std::string, int64_t> labels;  // and where they lead; instead of its config's
};

struct ScanOptions {
  ModelConfig defaults;                             // for what a model's own config file does not say
  std::vector<Device> devices = {Device()};         // of this server, in its order
  size_t enabled_cache_bytes = kEnabledCacheBytes;  // as ConfigContext has it
  std::string config_name;             // configs/<config_name>.pbtxt is read instead of config.pbtxt where there is one
  bool require_manifest = false;       // versions without a manifest are not served
  std::string mar_handler = {};        // of TorchServe's archives, instead of what their manifests name; empty: that
  std::string saved_model_tags = {};   // of the graphs of SavedModels whose config says nothing; empty: the backend's
  std::vector<NamedModel> named = {};  // besides those at the paths
  // What scans know of files' contents, shared by those that look at the same files. Null: each scan for itself.
  std::shared_ptr<DigestBook> digests = {};
  std::shared_ptr<ArchiveBook> archives = {};
};

// Finds out which models lie at `paths`, and how each is to be run. A path is one of
//
//   model.onnx                      a file: the model is named after its stem and is version 1
//   folder/*.onnx                   a folder of such files
//   folder/NAME/VERSION/model.onnx  a Triton repository
//   NAME/VERSION/model.onnx         one model of a Triton repository, named after the folder
//   NAME/MLmodel                    an MLflow model, served by its native flavour
//
// and a folder may mix the first two kinds. Versions are positive decimal numbers without leading zeros; of a model
// that has several, version_policy in its config.pbtxt says which are served, else the newest is. Hidden files and
// folders are passed over; links are followed. The layout is Triton's:
// https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md
//
// A version whose folder has a manifest (repository/manifest.h) counts as soon as all that this lists is there as it is
// listed. Until then the others are served as if it were not there, and a problem of that version says what is missing
// or wrong. This reads the files that are listed, once.
//
// The same name in two places is served from neither, and is a problem that names both. A model of a kind that no
// backend runs gives way to one that can be served under its name.
//
// A root that cannot be looked at says so in `roots`: then nothing is known of what lies there.
//
// Everything that is wrong with a path or with what lies in it is a problem, so that the rest can be served; only a
// call without paths and named models fails. Reads folders, config files and at most the first bytes of a model; opens
// no model. Thread-safe.
Result<RepositoryScan> ScanRepository(std::span<const std::filesystem::path> paths, const ScanOptions& options);

// What a client of the load extension wants instead of what lies in the repository.
struct LoadOverride {
  std::string config_json;  // a ModelConfig as JSON, instead of config.pbtxt; empty: config.pbtxt
  // By "<version>/<name>" as the client wrote it, the bytes of a file: these are then all the files the model has. Need
  // a config.
  std::map<std::string, std::string> files;
};

// The same for the one model of that name: its versions, or its problem. `scratch` is an empty folder where an
// override's files are put, which must stay for as long as the model is served. kNotFound: there is no such model at
// `paths` and the override has no files. kInvalidArgument: the override is not valid; the text says where.
Result<RepositoryScan> ScanModel(std::span<const std::filesystem::path> paths, const std::string& name,
                                 const ScanOptions& options, const LoadOverride& instead = {},
                                 const std::filesystem::path& scratch = {});

}  // namespace trireme
