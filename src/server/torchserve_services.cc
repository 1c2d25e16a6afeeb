// SPDX-License-Identifier: Apache-2.0
#include "server/torchserve_services.h"

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "lifecycle/without_folders.h"
#include "repository/mar_files.h"
#include "server/torchserve_workflows.h"

namespace trireme {
namespace {

using torchserve::ArchiveFacts;

// Clients are told where files lie in the store, and not where that is.
std::string Public(std::string text, const std::filesystem::path& store) {
  std::error_code error;
  const std::array<std::filesystem::path, 2> folders = {store, std::filesystem::canonical(store, error)};
  return WithoutFolders(std::move(text), folders);
}

ArchiveFacts FactsOf(MarFacts mar, const std::filesystem::path& store) {
  ArchiveFacts facts{.model_name = std::move(mar.manifest.model_name),
                     .model_version = std::move(mar.manifest.model_version),
                     .runtime = std::string(Name(mar.manifest.runtime)),
                     .handler = std::move(mar.manifest.handler)};
  if (!mar.config) return facts;
  facts.min_workers = mar.config->min_workers;
  facts.max_workers = mar.config->max_workers;
  facts.batch_size = mar.config->batch_size;
  facts.max_batch_delay = mar.config->max_batch_delay;
  facts.response_timeout = mar.config->response_timeout;
  facts.startup_timeout = mar.config->startup_timeout;
  facts.client_timeout = mar.config->client_timeout;
  facts.job_queue_size = mar.config->job_queue_size;
  for (const Finding& finding : mar.config->findings) {
    facts.warnings.push_back(Public(finding.ToString(), store));
  }
  return facts;
}

Result<std::optional<ArchiveFacts>> ReadArchiveFacts(const std::filesystem::path& path,
                                                     const std::filesystem::path& store) {
  Result<std::optional<MarFacts>> read = ReadMarFacts(path);
  if (!read.ok()) return Status(read.status().code(), Public(read.status().message(), store));
  if (!*read) return std::optional<ArchiveFacts>();
  return std::optional(FactsOf(**std::move(read), store));
}

}  // namespace

torchserve::Services MakeTorchserveServices(const kserve::InferServices& services, torchserve::Options options,
                                            torchserve::ModelBook& book, torchserve::WorkflowBook& workflows,
                                            torchserve::SnapshotFile& snapshot, torchserve::AnswerCounts& counts,
                                            TokenKeys* tokens) {
  const std::filesystem::path store = options.model_store;
  torchserve::Services made{
      .engine = services.engine,
      .pool = services.pool,
      .codec_workers = services.codec_workers,
      .tracer = services.tracer,
      .log = services.log,
      .options = std::move(options),
      .book = book,
      .workflows = workflows,
      .snapshot = snapshot,
      .counts = counts,
      .tells_timing = services.tells_timing,
      .read_archive = [store](const std::filesystem::path& path) { return ReadArchiveFacts(path, store); },
      .read_workflow = ReadWorkflowFacts,
      .between_nodes = std::make_shared<net::ByteBudget>(services.inflated->max_bytes())};
  if (tokens != nullptr) {
    made.renew_token = [tokens](torchserve::Services::Surface surface) {
      const bool is_inference = surface == torchserve::Services::Surface::kInference;
      return tokens->Renew(is_inference ? TokenKind::kInference : TokenKind::kManagement);
    };
  }
  return made;
}

}  // namespace trireme
