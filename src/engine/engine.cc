// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "access/tenant_quotas.h"
#include "engine/cached_answer.h"
#include "engine/check_request.h"
#include "engine/tenant_spending.h"
#include "engine/transform_stage.h"
#include "recording/recorder.h"

namespace trireme {
namespace {

// That a request may have answered.
std::vector<int64_t> VersionsIn(const ServingTable& table, std::string_view name) {
  std::vector<int64_t> versions;
  const auto add = [&](const auto& models) {
    const auto found = models.find(name);
    if (found == models.end()) return;
    for (const auto& [number, model] : found->second) versions.push_back(number);
  };
  add(table.ready);
  add(table.on_demand);
  std::ranges::sort(versions);
  return versions;
}

// Before anything else of the request: whoever takes one response must not get the first of several.
Status CheckResponses(const ServedModel& model, const InferRequest& request) {
  if (!model.config.decoupled || request.takes_several) return {};
  return Unsupported("model '" + model.id.name +
                     "' is decoupled (several responses a request): use a gRPC stream or generate_stream");
}

// What answers a request for a signature of the model's file; null: it is not open.
std::shared_ptr<const ServedModel> SignatureOf(const std::shared_ptr<const ServedModel>& model,
                                               std::string_view signature) {
  if (signature.empty() || (model->signatures && model->signatures->served == signature)) return model;
  return model->other_signatures ? model->other_signatures->Find(signature) : nullptr;
}

// Until when it waits for its model: that is no waiting in line, so that a queue policy says nothing of it.
TimePoint DeadlineOf(const ServingTable& table, const InferRequest& request) {
  if (request.queue_timeout.count() <= 0) return request.deadline;
  const auto known = table.Describe(request.model, request.version);
  const bool has_policy = known.ok() && (*known)->config.queue_policy.timeout.count() > 0;
  const TimePoint from = request.stages.received;
  const auto most = std::chrono::duration_cast<std::chrono::microseconds>(kNever - from);
  if (has_policy || request.queue_timeout >= most) return request.deadline;
  return std::min(request.deadline, from + request.queue_timeout);
}

bool IsOnProcessors(const ServedModel& model) {
  return std::ranges::all_of(model.weights, [](const auto& weights) { return weights.first == "cpu"; });
}

ModelWork WorkOf(const ServedModel& model) {
  const LinePlanner::Capacity capacity = model.line->capacity();
  metrics::WorkTotals totals = model.metrics->work();
  totals.as_run = capacity.as_run;
  totals.when_full = capacity.when_full;
  return {.id = model.id,
          .totals = totals,
          .threads = std::max(model.config.threads, 1),
          .instances = std::max(model.config.instances, 1),
          .on_processors = IsOnProcessors(model),
          .allowed_utilisation = capacity.utilisation,
          .goal = model.config.goal};
}

void FinishUnrun(InferRequest& request, Status status) {
  request.stages.answered = Clock::System().Now();
  request.reply.Finish(std::move(status), request.stages);
}

}  // namespace

// Without a model that could count it.
void Engine::Refuse(std::unique_ptr<InferRequest> request, Status status) {
  refusals_[static_cast<size_t>(status.code())].fetch_add(1, std::memory_order_relaxed);
  FinishUnrun(*request, std::move(status));
}

void Engine::Infer(std::unique_ptr<InferRequest> request) {
  if (!accepting_.load(std::memory_order_relaxed)) {
    return Refuse(std::move(request), Unavailable("the server is shutting down and takes no new requests"));
  }
  if (quotas_ != nullptr) {
    if (Status over = quotas_->Take(request->caller.tenant); !over.ok()) return FinishUnrun(*request, std::move(over));
  }
  if (recorder_ != nullptr) recorder_->Offer(*request);
  Accept(std::move(request));
}

void Engine::Accept(std::unique_ptr<InferRequest> request) {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  Result<std::shared_ptr<ServedModel>> found = table->Find(request->model, request->version);
  if (!found.ok()) {
    if (table->FindOnDemand(request->model, request->version)) return Await(std::move(request));
    return Refuse(std::move(request), std::move(found).status());
  }
  ServedModel& model = **found;
  if (model.signatures && !request->signature.empty() && request->signature != model.signatures->served) {
    const std::shared_ptr<ServedModel> other =
        model.other_signatures ? model.other_signatures->Find(request->signature) : nullptr;
    if (other == nullptr) return AwaitSignature(std::move(request));
    if (model.cache && AnswerFromCache(model, *request)) return;
    return Enter(*other, std::move(request), {});
  }
  if (model.cache && AnswerFromCache(model, *request)) return;
  Status status = CheckResponses(model, *request);
  if (transforms_ == nullptr || !status.ok() || !TransformStage::Concerns(model, *request)) {
    return Enter(model, std::move(request), std::move(status));
  }
  Transform(*std::move(found), std::move(request));
}

// Goes on when there are tensors for the model, which may be another by then, or none.
void Engine::Transform(std::shared_ptr<ServedModel> model, std::unique_ptr<InferRequest> request) {
  const auto find = [this](const InferRequest& wish) -> std::shared_ptr<ServedModel> {
    Result<std::shared_ptr<ServedModel>> found = lifecycle_.table()->Find(wish.model, wish.version);
    return found.ok() ? *std::move(found) : nullptr;
  };
  const auto go_on = [this](const std::shared_ptr<ServedModel>& served, std::unique_ptr<InferRequest> transformed,
                            Status made) {
    if (served == nullptr) {
      return made.ok() ? Accept(std::move(transformed)) : Refuse(std::move(transformed), std::move(made));
    }
    if (made.ok()) made = CheckResponses(*served, *transformed);
    Enter(*served, std::move(transformed), std::move(made));
  };
  transforms_->Start(std::move(model), std::move(request), find, go_on);
}

void Engine::Enter(ServedModel& model, std::unique_ptr<InferRequest> request, Status status) {
  if (status.ok()) status = CheckRequest(model.id.name, model.signature, *request, model.config.max_request_rows);
  if (!status.ok()) {
    // Of one that was turned away before its pictures were decoded.
    if (status.code() == StatusCode::kOverloaded) model.metrics->CountArrival();
    request->stages.answered = Clock::System().Now();
    model.metrics->Record(status.code(), request->stages);
    request->reply.Finish(std::move(status), request->stages);
    return;
  }
  model.metrics->CountArrival();
  if (quotas_ != nullptr) {
    if (std::shared_ptr<TenantAccount> account = quotas_->ProcessorsOf(request->caller.tenant)) {
      request->reply = CountSpending(ProcessorShare(std::move(account)), request->rows, std::move(request->reply));
    }
  }
  model.line->Push(std::move(request));
}

// Until the model is in memory. Whoever is answered in the meantime, because the time has run out, is not in any line.
void Engine::Await(std::unique_ptr<InferRequest> request) {
  const std::string name = request->model;
  const VersionChoice version = request->version;
  const TimePoint deadline = DeadlineOf(*lifecycle_.table(), *request);
  if (request->stages.awaited == TimePoint()) request->stages.awaited = Clock::System().Now();
  const auto owed = std::make_shared<std::unique_ptr<InferRequest>>(std::move(request));  // a callback is copied
  lifecycle_.WhenLoaded(name, version, deadline, [this, owed](Status status) {
    std::unique_ptr<InferRequest> waited = std::move(*owed);
    if (status.ok()) return Accept(std::move(waited));
    const auto known = lifecycle_.table()->Describe(waited->model, waited->version);
    if (!known.ok() || !(*known)->metrics) return Refuse(std::move(waited), std::move(status));
    waited->stages.answered = Clock::System().Now();
    (*known)->metrics->Record(status.code(), waited->stages);
    waited->reply.Finish(std::move(status), waited->stages);
  });
}

// Until the signature is open. What it was to be opened of may have been replaced by then.
void Engine::AwaitSignature(std::unique_ptr<InferRequest> request) {
  const std::string name = request->model;
  const VersionChoice version = request->version;
  const std::string signature = request->signature;
  const TimePoint deadline = request->deadline;
  const auto owed = std::make_shared<std::unique_ptr<InferRequest>>(std::move(request));  // a callback is copied
  WhenSignatureOpen(name, version, signature, deadline, [this, owed](Status status) {
    std::unique_ptr<InferRequest> waited = std::move(*owed);
    const bool may_go_on = status.ok() || status.code() == StatusCode::kCancelled;
    return may_go_on ? Accept(std::move(waited)) : Refuse(std::move(waited), std::move(status));
  });
}

bool Engine::Ready() const {
  const bool stopping = !accepting_.load(std::memory_order_relaxed) || announced_.load(std::memory_order_relaxed);
  return !stopping && withheld_.load(std::memory_order_acquire) == 0 && lifecycle_.started();
}

std::shared_ptr<const void> Engine::WithholdReady() {
  withheld_.fetch_add(1, std::memory_order_acq_rel);
  return {&withheld_, [](std::atomic<size_t>* withheld) { withheld->fetch_sub(1, std::memory_order_acq_rel); }};
}

Status Engine::ModelReady(std::string_view name, const VersionChoice& version) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  Status found = table->Find(name, version).status();
  const std::optional<int64_t> number = found.ok() ? std::nullopt : table->FindOnDemand(name, version);
  if (!number) return found;
  for (const ModelStatus& status : table->statuses) {
    if (status.state != ModelState::kOnDemand || status.id.name != name || status.id.version != *number) continue;
    return status.too_large ? Unavailable("model '" + status.id.name + "' is not ready: " + status.reason) : Status();
  }
  return found;
}

Result<ModelDescription> Engine::Describe(std::string_view name, const VersionChoice& version) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  ASSIGN_OR_RETURN(const std::shared_ptr<const ServedModel> model, table->Describe(name, version));
  ModelDescription description{.id = model->id,
                               .name = model->id.name,
                               .versions = {},
                               .platform = model->platform,
                               .backend = model->backend,
                               .file_name = model->file_name,
                               .signature = model->signature,
                               .free_dim = model->free_dim,
                               .config = model->config,
                               .waiting = model->line != nullptr ? model->line->waiting() : 0,
                               .declared = model->declared,
                               .config_message = model->config_message,
                               .labels = model->labels,
                               .signatures = model->signatures};
  description.versions = version.any() ? VersionsIn(*table, name) : std::vector<int64_t>{model->id.version};
  return description;
}

std::shared_ptr<const Signature> Engine::FindSignature(std::string_view name, const VersionChoice& version) const {
  const Result<std::shared_ptr<const ServedModel>> model = lifecycle_.table()->Describe(name, version);
  if (!model.ok()) return nullptr;
  return {*model, &(*model)->signature};
}

SignatureLook Engine::LookAtSignature(std::string_view name, const VersionChoice& version,
                                      std::string_view signature) const {
  const Result<std::shared_ptr<const ServedModel>> model = lifecycle_.table()->Describe(name, version);
  if (!model.ok()) return {};
  const std::shared_ptr<const ServedModel> asked = SignatureOf(*model, signature);
  if (asked == nullptr) return {.signature = nullptr, .file = (*model)->signatures};
  return {.signature = {asked, &asked->signature}, .file = asked->signatures};
}

std::string Engine::PictureInput(std::string_view name, const VersionChoice& version) const {
  const Result<std::shared_ptr<const ServedModel>> model = lifecycle_.table()->Describe(name, version);
  if (!model.ok() || (*model)->transform == nullptr || !(*model)->transform->picture) return {};
  return (*model)->signature.inputs[(*model)->transform->picture->input].name;
}

std::string Engine::AnswerOutput(std::string_view name, const VersionChoice& version) const {
  const Result<std::shared_ptr<const ServedModel>> model = lifecycle_.table()->Describe(name, version);
  if (!model.ok() || (*model)->transform == nullptr || !(*model)->transform->answer) return {};
  return (*model)->transform->answer->name();
}

bool Engine::IsDecoupled(std::string_view name, const VersionChoice& version) const {
  const Result<std::shared_ptr<const ServedModel>> model = lifecycle_.table()->Describe(name, version);
  return model.ok() && (*model)->config.decoupled;
}

std::vector<ModelStatus> Engine::Index() const {
  return lifecycle_.table()->statuses;
}

Result<std::vector<ModelReport>> Engine::Statistics(std::string_view name, const VersionChoice& version) const {
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  const auto report = [](const ServedModel& model) {
    return ModelReport{.id = model.id, .statistics = model.metrics->statistics(), .memory = model.memory()};
  };
  if (!name.empty() && !version.any()) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const ServedModel> model, table->Describe(name, version));
    if (model->metrics == nullptr) return std::vector<ModelReport>{ModelReport{.id = model->id, .statistics = {}}};
    return std::vector<ModelReport>{report(*model)};
  }
  if (!name.empty()) RETURN_IF_ERROR(table->Describe(name, version).status());
  std::vector<ModelReport> reports;
  for (const auto& [model_name, versions] : table->on_demand) {
    if (!name.empty() && model_name != name) continue;
    for (const auto& [number, model] : versions) {
      if (model != nullptr && model->metrics != nullptr) reports.push_back(report(*model));
    }
  }
  for (const auto& [model_name, versions] : table->ready) {
    if (!name.empty() && model_name != name) continue;
    for (const auto& [number, model] : versions) reports.push_back(report(*model));
  }
  std::ranges::sort(reports, {}, &ModelReport::id);
  return reports;
}

std::vector<ModelWork> Engine::Work() const {
  std::vector<ModelWork> work;
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  for (const auto& [name, versions] : table->ready) {
    for (const auto& [number, model] : versions) work.push_back(WorkOf(*model));
  }
  return work;
}

void Engine::Load(const std::string& name, LoadOverride instead, ModelControl::Done done) {
  if (control_ == nullptr) return done(Unavailable("this server's models cannot be changed by name"));
  control_->Load(name, std::move(instead), std::move(done));
}

void Engine::Unload(const std::string& name, ModelControl::Done done) {
  if (control_ == nullptr) return done(Unavailable("this server's models cannot be changed by name"));
  control_->Unload(name, std::move(done));
}

void Engine::LoadFrom(const std::string& name, const std::filesystem::path& path, const LoadWish& wish,
                      ModelControl::Done done) {
  if (control_ == nullptr) return done(Unavailable("this server's models cannot be changed by name"));
  control_->LoadFrom(name, path, wish, std::move(done));
}

std::vector<ModelOverview> Engine::Overview() const {
  const std::map<ModelId, VersionBook::Use> uses = lifecycle_.Uses();
  const TimePoint now = Clock::System().Now();
  std::vector<ModelOverview> overview;
  const std::shared_ptr<const ServingTable> table = lifecycle_.table();
  for (const ModelStatus& status : table->statuses) {
    ModelOverview& one =
        overview.emplace_back(ModelOverview{.status = status, .since_last_use = {}, .p99 = {}, .running = {}});
    if (const auto serving = table->Find(status.id.name, VersionChoice(status.id.version)); serving.ok()) {
      one.running = (*serving)->line->account();
    }
    const auto use = uses.find(status.id);
    if (use == uses.end()) continue;
    one.requests = use->second.requests;
    one.p99 = use->second.p99;
    if (use->second.last_used != TimePoint{}) one.since_last_use = now - use->second.last_used;
  }
  return overview;
}

std::vector<DeviceMemory> Engine::Memory() const {
  std::vector<DeviceMemory> memory;
  for (const auto& [name, device] : lifecycle_.memory()) {
    const Result<Device> parsed = Device::Parse(name);
    if (!parsed.ok()) continue;
    memory.push_back({.device = *parsed,
                      .budget_bytes = device.budget_bytes,
                      .used_bytes = device.used_bytes,
                      .other_bytes = device.other_bytes});
  }
  return memory;
}

Refusals Engine::Refusals() const {
  trireme::Refusals counts{};
  for (size_t code = 0; code < counts.size(); ++code) counts[code] = refusals_[code].load(std::memory_order_relaxed);
  return counts;
}

MemoryTraffic Engine::Traffic() const {
  return {.evictions = lifecycle_.evictions(), .waiting = lifecycle_.waiting()};
}

void Engine::LoadNow(const std::string& name, ModelControl::Done done) {
  if (control_ != nullptr && control_->mode() == ModelControl::Mode::kExplicit) return Load(name, {}, std::move(done));
  lifecycle_.LoadNow(name, std::move(done));
}

void Engine::UnloadNow(const std::string& name, ModelControl::Done done) {
  if (control_ != nullptr && control_->mode() == ModelControl::Mode::kExplicit) return Unload(name, std::move(done));
  lifecycle_.UnloadNow(name, std::move(done));
}

void Engine::Pin(const std::string& name, ModelControl::Done done) {
  Status pinned = lifecycle_.SetPinned(name, true);
  if (!pinned.ok() || lifecycle_.table()->Find(name, {}).ok()) return done(std::move(pinned));
  LoadNow(name, std::move(done));
}

Status Engine::Unpin(const std::string& name) {
  return lifecycle_.SetPinned(name, false);
}

Status Engine::SetLabel(const std::string& name, const std::string& label, std::optional<int64_t> version) {
  return lifecycle_.SetLabel(name, label, version);
}

void Engine::WhenLoaded(const std::string& name, const VersionChoice& version, TimePoint deadline,
                        ModelControl::Done done) {
  lifecycle_.WhenLoaded(name, version, deadline, std::move(done));
}

void Engine::WhenSignatureOpen(const std::string& name, const VersionChoice& version, const std::string& signature,
                               TimePoint deadline, ModelControl::Done done) {
  lifecycle_.WhenLoaded(name, version, deadline,
                        [this, name, version, signature, done = std::move(done)](Status loaded) {
                          if (!loaded.ok()) return done(std::move(loaded));
                          lifecycle_.WhenSignatureOpen(name, version, signature, done);
                        });
}

Status Engine::WhyNotReady() const {
  if (!Accepting() || announced_.load(std::memory_order_relaxed)) return Unavailable("the server is shutting down");
  if (!lifecycle_.started()) return lifecycle_.WhyNotStarted();
  if (Ready()) return {};
  return Unavailable("models that are wanted at the start are being loaded");
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
