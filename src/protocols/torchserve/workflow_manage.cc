// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/workflow_manage.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "protocols/torchserve/model_store.h"
#include "wire/torchserve/messages.h"

namespace trireme::torchserve {
namespace {

// A workflow on its way from a URL to the book.
struct WorkflowRegistration {
  WorkflowRequest request;
  Identity identity;
  bool is_at_start = false;
  ManageDone done;
};

std::variant<std::filesystem::path, Failure> FindWorkflow(const Services& services, const std::string& url) {
  Options options = services.options;
  if (!options.workflow_store.empty()) options.model_store = options.workflow_store;
  auto found = FindInStore(options, url);
  if (auto* const path = std::get_if<std::filesystem::path>(&found)) return std::move(*path);
  if (std::holds_alternative<MustFetch>(found)) {
    return Failure{.type = ErrorType::kDownloadArchive,
                   .message = "Failed to download archive from: " + url + " (workflows are not downloaded)"};
  }
  Failure failure = std::get<Failure>(std::move(found));
  if (failure.code() == 404) {
    failure.type = ErrorType::kWorkflowNotFound;
    if (failure.message.starts_with("Model ")) failure.message.replace(0, 5, "Workflow");
  }
  return failure;
}

// It could not be read, or what it says cannot be done.
Failure WhyNotRead(const Status& status) {
  Failure failure = FailureOf(status);
  if (failure.code() < 500 || status.code() == StatusCode::kUnsupported) {
    failure = {.type = ErrorType::kInvalidWorkflow, .message = status.message()};
  }
  return failure;
}

RegisterRequest RequestOf(const std::string& model, const WorkflowNode& node) {
  RegisterRequest request{.url = node.url, .model_name = model};
  request.initial_workers = node.min_workers;
  request.batch_size = node.batch_size;
  if (node.max_batch_delay) request.max_batch_delay = node.max_batch_delay->count();
  // The node's own time-out, which counts in milliseconds, passes before.
  request.response_timeout = std::chrono::ceil<std::chrono::seconds>(node.timeout).count();
  return request;
}

// Unregisters models, all at a time; `finish` is called once, when the last of them has gone.
void UnregisterAll(const Services& services, const std::vector<std::string>& models, std::function<void()> finish) {
  if (models.empty()) return finish();
  struct Countdown {
    std::atomic<size_t> left;  // acquire and release: the last one sees what the others did
    const std::function<void()> finish;
  };
  // Shared by those that are on their way.
  const auto countdown = std::make_shared<Countdown>(models.size(), std::move(finish));
  for (const std::string& model : models) {
    UnregisterNode(services, model, [countdown] {
      if (countdown->left.fetch_sub(1, std::memory_order_acq_rel) == 1) countdown->finish();
    });
  }
}

// Loads the models of a workflow, all at a time, and enters it when they are there; if one fails, the others go again.
// Shared by those that are on their way, and used by whatever thread they end on.
class WorkflowLoad final : public std::enable_shared_from_this<WorkflowLoad> {
 public:
  WorkflowLoad(const Services& services, std::shared_ptr<Workflow> workflow, bool is_at_start, ManageDone done)
      : services_(services), workflow_(std::move(workflow)), is_at_start_(is_at_start), done_(std::move(done)) {}

  void Begin() {
    const std::vector<WorkflowNode>& nodes = workflow_->facts.nodes;
    {
      const MutexLock lock(mutex_);
      missing_ = nodes.size();
    }
    for (const WorkflowNode& node : nodes) {
      const std::string model = ModelOfNode(workflow_->name, node.name);
      RegisterNode(services_,
                   {.request = RequestOf(model, node),
                    .file = node.file,
                    .max_workers = node.max_workers,
                    .is_at_start = is_at_start_},
                   [self = shared_from_this(), name = node.name, model](const ManageResult& result) {
                     self->OnNode(name, model, result);
                   });
    }
  }

 private:
  void OnNode(const std::string& name, const std::string& model, const ManageResult& result) {
    {
      const MutexLock lock(mutex_);
      if (const Failure* const failure = std::get_if<Failure>(&result)) {
        AddFailure(name, *failure);
      } else {
        loaded_.push_back(model);
      }
      if (--missing_ > 0) return;
    }
    // The last one: nobody else looks at anything from now on.
    End();
  }

  void AddFailure(const std::string& name, const Failure& failure) REQUIRES(mutex_) {
    if (!failure_) failure_ = failure;
    failures_ +=
        (failures_.empty() ? "" : ", ") + ("Workflow Node " + name) + " failed to register. " + failure.message;
  }

  void End() {
    std::vector<std::string> loaded;
    std::optional<Failure> failure;
    {
      const MutexLock lock(mutex_);
      loaded = std::move(loaded_);
      failure = WhatFailed();
    }
    if (!failure) return Enter();
    const auto finish = [self = shared_from_this(), failure = *std::move(failure)] {
      self->services_.workflows.Release(self->workflow_->name);
      self->done_(failure);
    };
    UnregisterAll(services_, loaded, finish);
  }

  // A client's mistake: of the archive that he named, whatever it is called for a model. What he cannot help stays.
  std::optional<Failure> WhatFailed() REQUIRES(mutex_) {
    if (!failure_) return std::nullopt;
    const int code = failure_->code();
    Failure failure{
        .type = ErrorType::kInvalidWorkflow,
        .message = "Workflow " + workflow_->name + " has failed to register. Failures: [" + failures_ + "]"};
    if (code == 409 || code >= 500) {
      failure.type = failure_->type;
      failure.http = failure_->http;
    }
    return failure;
  }

  void Enter() {
    services_.workflows.Enter(workflow_);
    SaveSnapshot(services_);
    done_(
        Managed{.http = 200, .text = "Workflow " + workflow_->name + " has been registered and scaled successfully."});
  }

  const Services& services_;
  const std::shared_ptr<Workflow> workflow_;  // shared with the book in the end
  const bool is_at_start_;
  const ManageDone done_;
  Mutex mutex_;
  size_t missing_ GUARDED_BY(mutex_) = 0;
  std::vector<std::string> loaded_ GUARDED_BY(mutex_);
  std::optional<Failure> failure_ GUARDED_BY(mutex_);  // the first
  std::string failures_ GUARDED_BY(mutex_);
};

// On a codec worker.
void LookAndLoad(const Services& services, WorkflowRegistration registration) {
  const std::string& url = *registration.request.url;
  const auto found = FindWorkflow(services, url);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return registration.done(*failure);
  Result<WorkflowFacts> facts = services.read_workflow(std::get<std::filesystem::path>(found));
  if (!facts.ok()) return registration.done(WhyNotRead(facts.status()));
  std::string name = registration.request.workflow_name.empty() ? facts->name : registration.request.workflow_name;
  if (!FitsPath(name)) return registration.done(CannotBeAsked("workflow_name", name));
  if (const Status status = Authorise(registration.identity, Operation::kModelControl, name); !status.ok()) {
    return registration.done(FailureOf(status));
  }
  for (const std::string& remark : facts->remarks) {
    services.log.Warning("a workflow's settings", {{"workflow", name}, {"remark", remark}});
  }
  if (auto failure = services.workflows.Reserve(name, facts->nodes)) return registration.done(*std::move(failure));
  auto workflow = std::make_shared<Workflow>(std::move(name), url, *std::move(facts));
  std::make_shared<WorkflowLoad>(services, std::move(workflow), registration.is_at_start, std::move(registration.done))
      ->Begin();
}

void Begin(const Services& services, WorkflowRegistration registration) {
  if (!registration.request.url) return registration.done(BadRequest("Parameter url is required."));
  // Shared by the copies that a std::function makes of itself.
  const auto shared = std::make_shared<WorkflowRegistration>(std::move(registration));
  const auto look = [&services, shared] { LookAndLoad(services, std::move(*shared)); };
  if (services.codec_workers.Submit(look)) return;
  shared->done(FailureOf(Overloaded("too many requests are being read; try again later")));
}

}  // namespace

void RegisterWorkflow(const Services& services, const WorkflowRequest& request, const Identity& identity,
                      ManageDone done) {
  if (!services.options.enable_model_api) return done(BadRequest("Registering new workflows is disabled."));
  Begin(services, {.request = request, .identity = identity, .done = std::move(done)});
}

void UnregisterWorkflow(const Services& services, const std::string& workflow, ManageDone done) {
  if (!services.options.enable_model_api) return done(NotAllowed());
  if (services.workflows.ForgetKept(workflow)) {
    SaveSnapshot(services);
    return done(Managed{.http = 200, .text = "Workflow \"" + workflow + "\" unregistered"});
  }
  std::shared_ptr<Workflow> removed = services.workflows.Remove(workflow);
  if (removed == nullptr) return done(WorkflowNotFound(workflow));
  SaveSnapshot(services);
  std::vector<std::string> models;
  for (const WorkflowNode& node : removed->facts.nodes) models.push_back(ModelOfNode(workflow, node.name));
  // The files stay until nothing reads them any more.
  removed->when_unused = [&services, workflow, models = std::move(models), files = removed->facts.files,
                          done = std::move(done)] {
    UnregisterAll(services, models, [&services, workflow, files, done] {
      services.workflows.Release(workflow);
      done(Managed{.http = 200, .text = "Workflow \"" + workflow + "\" unregistered"});
    });
  };
}

std::variant<std::string, Failure> DescribeWorkflow(const Services& services, const std::string& workflow) {
  const std::shared_ptr<const Workflow> found = services.workflows.Find(workflow);
  if (found == nullptr) return WorkflowNotFound(workflow);
  const WorkflowFacts& facts = found->facts;
  return EncodeWorkflowDescription({.name = found->name,
                                    .url = found->url,
                                    .min_workers = facts.min_workers,
                                    .max_workers = facts.max_workers,
                                    .batch_size = facts.batch_size,
                                    .max_batch_delay = facts.max_batch_delay,
                                    .dag = facts.dag});
}

std::string ListWorkflows(const Services& services, const ListRequest& request, const Identity& identity) {
  std::vector<ListedModel> workflows;
  for (const std::shared_ptr<const Workflow>& workflow : services.workflows.All()) {
    if (identity.Sees(workflow->name)) workflows.push_back({.name = workflow->name, .url = workflow->url});
  }
  const Page page = PageOf(workflows.size(), request.limit, request.next_page_token);
  const auto begin = workflows.begin();
  return EncodeWorkflowList({begin + static_cast<ptrdiff_t>(page.begin), begin + static_cast<ptrdiff_t>(page.end)},
                            page.next_token);
}

void RegisterWorkflowAtStart(const Services& services, const WorkflowToLoad& wanted, ManageDone done) {
  LookAndLoad(services, {.request = {.url = wanted.url, .workflow_name = wanted.name},
                         .identity = {},
                         .is_at_start = true,
                         .done = std::move(done)});
}

}  // namespace trireme::torchserve
