// SPDX-License-Identifier: Apache-2.0
#include "server/torchserve_services.h"

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "repository/archive.h"
#include "repository/file_contents.h"
#include "repository/mar_config.h"
#include "repository/mar_manifest.h"
#include "server/torchserve_workflows.h"

namespace trireme {
namespace {

// Of an archive or a folder that was one; of other folders and files, nothing.
Result<std::optional<torchserve::ArchiveFacts>> ReadArchiveFacts(const std::filesystem::path& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  const bool is_packed = path.extension() == ".mar" || path.extension() == ".gz" || path.extension() == ".tgz";
  if (!is_packed && !(is_folder && std::filesystem::exists(path / kMarManifestName, error))) {
    return std::optional<torchserve::ArchiveFacts>();
  }
  const auto read = [&](const std::string& name, size_t most) {
    return is_folder ? ReadFileContents(path / name, most) : ReadFromArchive(path, name, most);
  };
  ASSIGN_OR_RETURN(const std::string text, read(kMarManifestName, kMaxMarManifestBytes));
  ASSIGN_OR_RETURN(MarManifest manifest, ParseMarManifest(text));
  torchserve::ArchiveFacts facts{.model_name = std::move(manifest.model_name),
                                 .model_version = std::move(manifest.model_version),
                                 .runtime = std::string(Name(manifest.runtime))};
  if (!manifest.config_file.empty()) {
    ASSIGN_OR_RETURN(const std::string yaml, read(manifest.config_file, kMaxMarConfigBytes));
    ASSIGN_OR_RETURN(const MarConfig config, ParseMarConfig(yaml, manifest.config_file));
    facts.min_workers = config.min_workers;
    facts.max_workers = config.max_workers;
    facts.batch_size = config.batch_size;
    facts.max_batch_delay = config.max_batch_delay;
    facts.response_timeout = config.response_timeout;
  }
  return std::optional(std::move(facts));
}

}  // namespace

torchserve::Services MakeTorchserveServices(const kserve::InferServices& services, torchserve::Options options,
                                            torchserve::ModelBook& book, torchserve::WorkflowBook& workflows,
                                            torchserve::SnapshotFile& snapshot, torchserve::AnswerCounts& counts) {
  return {.engine = services.engine,
          .pool = services.pool,
          .codec_workers = services.codec_workers,
          .tracer = services.tracer,
          .log = services.log,
          .options = std::move(options),
          .book = book,
          .workflows = workflows,
          .snapshot = snapshot,
          .counts = counts,
          .read_archive = ReadArchiveFacts,
          .read_workflow = ReadWorkflowFacts,
          .between_nodes = std::make_shared<net::ByteBudget>(services.inflated->max_bytes())};
}

}  // namespace trireme
