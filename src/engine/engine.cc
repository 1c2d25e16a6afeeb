// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "engine/check_request.h"

namespace trireme {
namespace {

// Before anything else of the request: whoever takes one response must not get the first of several.
Status CheckResponses(const ServedModel& model, const InferRequest& request) {
  if (!model.config.decoupled || request.takes_several) return {};
  return Unsupported("model '" + model.id.name +
                     "' is decoupled (several responses a request): use a gRPC stream or generate_stream");
}

}  // namespace

void Engine::Infer(std::unique_ptr<InferRequest> request) {
  const auto refuse = [&](Status status) {
    request->stages.answered = Clock::System().Now();
    request->reply.Finish(std::move(status), request->stages);
  };
  if (!accepting_.load(std::memory_order_relaxed)) {
    return refuse(Unavailable("the server is shutting down and takes no new requests"));
  }
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  Result<std::shared_ptr<ServedModel>> found = table->Find(request->model, request->version);
  if (!found.ok()) return refuse(std::move(found).status());
  ServedModel& model = **found;
  Status status = CheckResponses(model, *request);
  if (status.ok()) status = CheckRequest(model.id.name, model.signature, *request, model.config.max_request_rows);
  if (!status.ok()) {
    request->stages.answered = Clock::System().Now();
    model.metrics->Record(status.code(), request->stages);
    request->reply.Finish(std::move(status), request->stages);
    return;
  }
  model.line->Push(std::move(request));
}

bool Engine::Ready() const {
  const bool stopping = !accepting_.load(std::memory_order_relaxed) || announced_.load(std::memory_order_relaxed);
  return !stopping && lifecycle_.started();
}

Status Engine::ModelReady(std::string_view name, std::optional<int64_t> version) const {
  return lifecycle_.table()->Find(name, version).status();
}

Result<ModelDescription> Engine::Describe(std::string_view name, std::optional<int64_t> version) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  ASSIGN_OR_RETURN(const std::shared_ptr<ServedModel> model, table->Find(name, version));
  ModelDescription description{.id = model->id,
                               .name = model->id.name,
                               .versions = {},
                               .platform = model->platform,
                               .backend = model->backend,
                               .file_name = model->file_name,
                               .signature = model->signature,
                               .free_dim = model->free_dim,
                               .config = model->config,
                               .declared = model->declared,
                               .config_message = model->config_message,
                               .labels = model->labels};
  if (version) {
    description.versions.push_back(*version);
  } else {
    for (const auto& [number, served] : table->ready.find(name)->second) description.versions.push_back(number);
  }
  return description;
}

std::shared_ptr<const Signature> Engine::FindSignature(std::string_view name, std::optional<int64_t> version) const {
  const Result<std::shared_ptr<ServedModel>> model = lifecycle_.table()->Find(name, version);
  if (!model.ok()) return nullptr;
  return {*model, &(*model)->signature};
}

bool Engine::IsDecoupled(std::string_view name, std::optional<int64_t> version) const {
  const Result<std::shared_ptr<ServedModel>> model = lifecycle_.table()->Find(name, version);
  return model.ok() && (*model)->config.decoupled;
}

std::vector<ModelStatus> Engine::Index() const {
  return lifecycle_.table()->statuses;
}

Result<std::vector<ModelReport>> Engine::Statistics(std::string_view name, std::optional<int64_t> version) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  const auto report = [](const ServedModel& model) {
    return ModelReport{.id = model.id, .statistics = model.metrics->statistics(), .memory = model.memory};
  };
  if (!name.empty() && version) {
    ASSIGN_OR_RETURN(const std::shared_ptr<ServedModel> model, table->Find(name, version));
    return std::vector<ModelReport>{report(*model)};
  }
  if (!name.empty()) RETURN_IF_ERROR(table->Find(name, version).status());
  std::vector<ModelReport> reports;
  for (const auto& [model_name, versions] : table->ready) {
    if (!name.empty() && model_name != name) continue;
    for (const auto& [number, model] : versions) reports.push_back(report(*model));
  }
  return reports;
}

void Engine::Load(const std::string& name, LoadOverride instead, ModelControl::Done done) {
  if (control_ == nullptr) return done(Unavailable("this server's models cannot be changed by name"));
  control_->Load(name, std::move(instead), std::move(done));
}

void Engine::Unload(const std::string& name, ModelControl::Done done) {
  if (control_ == nullptr) return done(Unavailable("this server's models cannot be changed by name"));
  control_->Unload(name, std::move(done));
}

void Engine::RecordEncode(const ModelId& id, Duration took) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  const Result<std::shared_ptr<ServedModel>> model = table->Find(id.name, id.version);
  if (model.ok()) (*model)->metrics->RecordEncode(took);
}

void Engine::StopAccepting() {
  std::vector<std::function<void()>> told;
  {
    const MutexLock lock(stop_mutex_);
    accepting_.store(false, std::memory_order_relaxed);
    told.swap(told_of_stop_);
  }
  for (const auto& tell : told) tell();
}

void Engine::WhenStopping(std::function<void()> told) {
  {
    const MutexLock lock(stop_mutex_);
    if (Accepting()) return told_of_stop_.push_back(std::move(told));
  }
  told();
}

}  // namespace trireme
