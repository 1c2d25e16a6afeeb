// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/manage.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/excerpt.h"
#include "protocols/torchserve/model_store.h"

namespace trireme::torchserve {
namespace {

constexpr int64_t kMostWorkers = 1000;
constexpr int64_t kMostRows = 1 << 20;
constexpr int64_t kMostSeconds = int64_t{60} * 60 * 24 * 365;

// A model on its way from a URL to the book.
struct Registration {
  RegisterRequest request;
  Identity identity;
  bool is_at_start = false;
  bool is_entered = false;  // in the book already: nobody waits for its workers
  bool is_default = false;  // of several versions at the start
  std::string version;      // at the start: what the snapshot says; empty: what the archive does
  std::filesystem::path path;
  std::optional<ArchiveFacts> facts;
  BookedVersion booked;
  std::string model;
  ManageDone done;
};

// Both at the wrong side of a bound, in one sentence for each number.
std::optional<Failure> CheckNumber(std::string_view name, const std::optional<int64_t>& value, int64_t least,
                                   int64_t most) {
  if (!value || (*value >= least && *value <= most)) return std::nullopt;
  return BadRequest(std::string(name) + ": expected a number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ", found " + std::to_string(*value));
}

std::optional<Failure> CheckRuntime(const std::optional<std::string>& runtime) {
  if (!runtime) return std::nullopt;
  for (const std::string_view known : {"python", "python2", "python3", "LSP"}) {
    if (*runtime == known) return std::nullopt;
  }
  return BadRequest("Invalid RuntimeType value: " + *runtime);
}

std::optional<Failure> Check(const RegisterRequest& request) {
  if (!request.url) return BadRequest("Parameter url is required.");
  if (auto failure = CheckRuntime(request.runtime)) return failure;
  if (auto failure = CheckNumber("batch_size", request.batch_size, 1, kMostRows)) return failure;
  if (auto failure = CheckNumber("max_batch_delay", request.max_batch_delay, 0, 1000 * kMostSeconds)) return failure;
  if (auto failure = CheckNumber("initial_workers", request.initial_workers, 0, kMostWorkers)) return failure;
  if (auto failure = CheckNumber("response_timeout", request.response_timeout, 0, kMostSeconds)) return failure;
  const bool has_workers = request.initial_workers.value_or(0) > 0;
  return CheckNumber("startup_timeout", request.startup_timeout, has_workers ? 1 : 0, kMostSeconds);
}

void SaveSnapshot(const Services& services) {
  if (!services.snapshot.is_wanted()) return;
  const auto save = [&services] {
    const Status saved = services.snapshot.Save(services.book);
    if (!saved.ok()) services.log.Error("TorchServe snapshot", {{"reason", saved.message()}});
  };
  if (!services.codec_workers.Submit(save)) save();
}

// What of the archive's facts the request does not say.
// Whether it can stand in a path as it is: nothing else would ever reach the model, nor remove it.
bool FitsPath(std::string_view text) {
  static constexpr std::string_view kOthers = "_-.+@~:";
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, fits);
}

Failure CannotBeAsked(const std::string& field, std::string_view text) {
  return BadRequest(field + ": expected ASCII letters, digits and _-.+@~:, which a path can hold, found " +
                    Excerpt(text));
}

std::optional<Failure> Name(const Services& services, Registration& registration) {
  const RegisterRequest& request = registration.request;
  std::optional<ArchiveFacts>& facts = registration.facts;
  if (services.read_archive) {
    Result<std::optional<ArchiveFacts>> read = services.read_archive(registration.path);
    if (!read.ok()) return Failure{.type = ErrorType::kInvalidModel, .message = read.status().message()};
    facts = *std::move(read);
  }
  BookedVersion& booked = registration.booked;
  registration.model = request.model_name;
  if (registration.model.empty() && facts && !registration.is_at_start) registration.model = facts->model_name;
  if (registration.model.empty()) registration.model = NameOfUrl(*request.url);
  booked.version = registration.version;
  if (booked.version.empty()) booked.version = facts ? facts->model_version : "1.0";
  if (facts) booked.runtime = facts->runtime;
  if (request.runtime) booked.runtime = *request.runtime;
  if (!FitsPath(registration.model)) return CannotBeAsked("model_name", registration.model);
  if (!FitsPath(booked.version)) return CannotBeAsked("the version", booked.version);
  return std::nullopt;
}

void Fill(const Services& services, Registration& registration) {
  const RegisterRequest& request = registration.request;
  BookedVersion& booked = registration.booked;
  booked.url = *request.url;
  booked.path = registration.path;
  const int64_t otherwise = services.options.default_workers_per_model.value_or(registration.is_at_start ? 1 : 0);
  const std::optional<int64_t> archived = registration.facts ? registration.facts->min_workers : std::nullopt;
  booked.min_workers =
      std::clamp<int64_t>(request.initial_workers.value_or(archived.value_or(otherwise)), 0, kMostWorkers);
  booked.max_workers = booked.min_workers;
  if (registration.facts && !request.initial_workers) {
    booked.max_workers = std::max(booked.min_workers, registration.facts->max_workers.value_or(0));
  }
  booked.callers = std::max<int64_t>(booked.min_workers, 1);
  booked.batch_size = request.batch_size.value_or(0);
  booked.max_batch_delay = std::chrono::milliseconds(request.max_batch_delay.value_or(0));
  if (registration.facts)
    booked.response_timeout = registration.facts->response_timeout.value_or(booked.response_timeout);
  if (request.response_timeout) booked.response_timeout = std::chrono::seconds(*request.response_timeout);
  booked.startup_timeout = std::chrono::seconds(request.startup_timeout.value_or(120));
  booked.loaded_at_startup = registration.is_at_start;
  booked.since = std::chrono::system_clock::now();
}

LoadWish WishOf(const BookedVersion& booked) {
  return {.instances = static_cast<int>(booked.callers),
          .max_rows = booked.batch_size,
          .max_delay = booked.max_batch_delay};
}

std::string Registered(const Registration& registration) {
  const BookedVersion& booked = registration.booked;
  std::string text = "Model \"" + registration.model + "\" Version: " + booked.version + " registered with " +
                     std::to_string(booked.min_workers) + " initial workers";
  if (booked.min_workers == 0) text += ". Use scale workers API to add workers for the model.";
  return text;
}

Failure WhyNotLoaded(const Status& status) {
  Failure failure = FailureOf(status);
  const StatusCode code = status.code();
  const bool is_models_fault =
      code == StatusCode::kInvalidArgument || code == StatusCode::kNotFound || code == StatusCode::kUnsupported;
  if (is_models_fault) failure = {.type = ErrorType::kInvalidModel, .message = status.message()};
  return failure;
}

void FinishRegistration(const Services& services, const Registration& registration, const Status& status) {
  const std::string& version = registration.booked.version;
  if (!status.ok()) {
    services.book.Release(registration.model, version);
    if (registration.is_entered) services.book.Remove(registration.model, version);
    return registration.done(WhyNotLoaded(status));
  }
  if (registration.is_entered && !services.book.VersionOf(registration.model, version)) {
    // Somebody has unregistered it while it was on its way: what came after all goes again.
    return services.engine.Unload(registration.booked.engine_name, [](const Status&) {});
  }
  if (!registration.is_entered) services.book.Enter(registration.model, registration.booked);
  if (registration.is_default) services.book.SetDefault(registration.model, version);
  SaveSnapshot(services);
  registration.done(Managed{.http = 200, .text = Registered(registration)});
}

// On a codec worker.
void LookAndLoad(const Services& services, Registration registration) {
  const auto found = FindInStore(services.options, *registration.request.url);
  if (const Failure* const failure = std::get_if<Failure>(&found)) return registration.done(*failure);
  registration.path = std::get<std::filesystem::path>(found);
  if (auto failure = Name(services, registration)) return registration.done(*std::move(failure));
  if (const Status status = Authorise(registration.identity, Operation::kModelControl, registration.model);
      !status.ok()) {
    return registration.done(FailureOf(status));
  }
  Fill(services, registration);
  auto reserved = services.book.Reserve(registration.model, registration.booked.version);
  if (const Failure* const failure = std::get_if<Failure>(&reserved)) return registration.done(*failure);
  registration.booked.engine_name = std::get<std::string>(std::move(reserved));

  const LoadWish wish = WishOf(registration.booked);
  if (!registration.request.synchronous && registration.booked.min_workers > 0) {
    services.book.Enter(registration.model, registration.booked);
    registration.is_entered = true;
    registration.done(Managed{.http = 202, .text = "Processing worker updates..."});
    registration.done = [&services, model = registration.model](const ManageResult& result) {
      const Failure* const failure = std::get_if<Failure>(&result);
      if (failure == nullptr) return;
      services.log.Error("a model that was registered cannot be served",
                         {{"model", model}, {"reason", failure->message}});
    };
  }
  // Shared by the copies that a std::function makes of itself.
  const auto shared = std::make_shared<const Registration>(std::move(registration));
  services.engine.LoadFrom(shared->booked.engine_name, shared->path, wish, [&services, shared](const Status& status) {
    FinishRegistration(services, *shared, status);
  });
}

void Begin(const Services& services, Registration registration) {
  if (auto failure = Check(registration.request)) return registration.done(*std::move(failure));
  const auto shared = std::make_shared<Registration>(std::move(registration));  // as above
  const auto look = [&services, shared] { LookAndLoad(services, std::move(*shared)); };
  if (services.codec_workers.Submit(look)) return;
  shared->done(FailureOf(Overloaded("too many requests are being read; try again later")));
}

bool IsKnown(const Services& services, const std::string& model) {
  const std::vector<ModelStatus> models = services.engine.Index();
  return std::ranges::any_of(models, [&](const ModelStatus& status) {
    return status.id.name == model && status.state != ModelState::kRetired;
  });
}

// Why there is no such booked version, of a model that perhaps the engine has.
Failure NotBooked(const Services& services, const std::string& model, const std::string& version) {
  if (!services.book.VersionsOf(model).empty()) return VersionNotFound(model, version);
  if (!IsKnown(services, model)) return ModelNotFound(model);
  return BadRequest("Model \"" + model +
                    "\" was not registered here: its callers are set by instance_group in its config.pbtxt");
}

std::string Scaled(const std::string& model, const std::string& version, int64_t workers) {
  std::string text = "Workers scaled to " + std::to_string(workers) + " for model: " + model;
  if (!version.empty()) text += ", version: " + version;
  return text;
}

std::optional<Failure> Check(const ScaleRequest& request) {
  if (auto failure = CheckNumber("min_worker", request.min_worker, 0, kMostWorkers)) return failure;
  if (request.max_worker < request.min_worker) return BadRequest("max_worker cannot be less than min_worker.");
  return CheckNumber("max_worker", request.max_worker, 0, kMostWorkers);
}

}  // namespace

void Register(const Services& services, const RegisterRequest& request, const Identity& identity, ManageDone done) {
  if (!services.options.enable_model_api) return done(NotAllowed());
  Begin(services,
        {.request = request, .identity = identity, .path = {}, .facts = {}, .booked = {}, .done = std::move(done)});
}

void RegisterAtStart(const Services& services, const ModelSettings& settings, ManageDone done) {
  RegisterRequest request{.url = settings.mar_name.value_or(""), .model_name = settings.name};
  request.batch_size = settings.batch_size;
  if (settings.max_batch_delay) request.max_batch_delay = settings.max_batch_delay->count();
  request.initial_workers = settings.min_workers;
  if (settings.response_timeout) request.response_timeout = settings.response_timeout->count();
  if (settings.startup_timeout) request.startup_timeout = settings.startup_timeout->count();
  Begin(services, {.request = std::move(request),
                   .identity = {},
                   .is_at_start = true,
                   .is_default = settings.default_version.value_or(false),
                   .version = settings.version,
                   .path = {},
                   .facts = {},
                   .booked = {},
                   .done = std::move(done)});
}

void Scale(const Services& services, const std::string& model, const std::string& version, const ScaleRequest& request,
           ManageDone done) {
  std::optional<BookedVersion> booked = services.book.VersionOf(model, version);
  if (!booked) return done(NotBooked(services, model, version));
  if (auto failure = Check(request)) return done(*std::move(failure));
  booked->min_workers = request.min_worker;
  booked->max_workers = request.max_worker;
  Managed answer{.http = request.synchronous ? 200 : 202,
                 .text = request.synchronous ? Scaled(model, version, request.min_worker)
                                             : std::string("Processing worker updates...")};
  const bool reload = booked->min_workers > 0 && booked->min_workers != booked->callers;
  if (reload) booked->callers = booked->min_workers;
  const auto book = [&services, model, booked = *booked] {
    services.book.Change(model, booked);
    SaveSnapshot(services);
  };
  if (!reload) {
    book();
    return done(std::move(answer));
  }
  LoadWish wish = WishOf(*booked);
  wish.replaces = true;
  if (!request.synchronous) {
    done(std::move(answer));
    done = [](const ManageResult&) {};
  }
  const auto finish = [&services, model, book, answer, done](const Status& status) {
    if (status.ok()) {
      book();
      return done(answer);
    }
    services.log.Error("workers cannot be scaled", {{"model", model}, {"reason", status.message()}});
    done(FailureOf(status));
  };
  services.engine.LoadFrom(booked->engine_name, booked->path, wish, finish);
}

void Unregister(const Services& services, const std::string& model, const std::string& version, ManageDone done) {
  if (!services.options.enable_model_api) return done(NotAllowed());
  const std::optional<BookedVersion> booked = services.book.VersionOf(model, version);
  const std::string text = "Model \"" + model + "\" unregistered";
  if (!booked) {
    if (!services.book.VersionsOf(model).empty()) return done(VersionNotFound(model, version));
    if (!IsKnown(services, model) || services.book.IsOnItsWay(model)) return done(ModelNotFound(model));
  } else if (booked->version == services.book.DefaultOf(model) && services.book.VersionsOf(model).size() > 1) {
    return done(Failure{.type = ErrorType::kInvalidModelVersion,
                        .message = "Cannot remove default version for model " + model});
  }
  // Out of the book first: no request finds it while it goes.
  if (booked) services.book.Remove(model, booked->version);
  services.engine.Unload(booked ? booked->engine_name : model, [&services, text, done](const Status& status) {
    SaveSnapshot(services);
    done(status.ok() ? ManageResult(Managed{.http = 200, .text = text}) : ManageResult(FailureOf(status)));
  });
}

ManageResult SetDefault(const Services& services, const std::string& model, const std::string& version) {
  if (!services.book.VersionsOf(model).empty()) {
    if (!services.book.VersionOf(model, version)) return VersionNotFound(model, version);
  } else {
    if (!IsKnown(services, model)) return ModelNotFound(model);
    const std::optional<int64_t> number = NumberOfVersion(version);
    if (!number || !services.engine.Describe(model, *number).ok()) return VersionNotFound(model, version);
  }
  services.book.SetDefault(model, version);
  SaveSnapshot(services);
  return Managed{.http = 200,
                 .text = "Default version successfully updated for model \"" + model + "\" to \"" + version + "\""};
}

namespace {

// What the options want to be there at the start.
std::vector<ModelSettings> WantedAtStart(const Options& options) {
  std::vector<ModelSettings> wanted;
  const auto add = [&](const std::string& name, const std::string& url) {
    const auto said =
        std::ranges::find_if(options.models, [&](const ModelSettings& settings) { return settings.mar_name == url; });
    ModelSettings settings = said == options.models.end() ? ModelSettings{} : *said;
    if (!name.empty()) settings.name = name;
    settings.mar_name = url;
    wanted.push_back(std::move(settings));
  };
  if (options.load_all) {
    for (const std::string& name : ListStore(options)) add("", name);
  }
  for (const ModelToLoad& model : options.load_models) add(model.name, model.url);
  wanted.insert(wanted.end(), options.snapshot_models.begin(), options.snapshot_models.end());
  return wanted;
}

// Registers many, some at a time: no more than can wait anywhere. Shared by those that are on their way.
class StartLoads final : public std::enable_shared_from_this<StartLoads> {
 public:
  StartLoads(const Services& services, std::vector<ModelSettings> wanted)
      : services_(services), wanted_(std::move(wanted)) {}

  void Begin() {
    services_.book.Expect(wanted_.size());
    for (size_t i = 0; i < std::min(kAtATime, wanted_.size()); ++i) BeginNext();
  }

 private:
  static constexpr size_t kAtATime = 64;

  void BeginNext() {
    const size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= wanted_.size()) return;
    RegisterAtStart(services_, wanted_[index], [self = shared_from_this(), index](const ManageResult& result) {
      self->Finish(self->wanted_[index], result);
    });
  }

  void Finish(const ModelSettings& settings, const ManageResult& result) {
    services_.book.ExpectNoMore();
    if (const Failure* const failure = std::get_if<Failure>(&result)) {
      services_.log.Error("a model that was to be loaded at the start cannot be served",
                          {{"url", settings.mar_name.value_or("")}, {"reason", failure->message}});
    }
    BeginNext();
  }

  const Services& services_;
  const std::vector<ModelSettings> wanted_;
  std::atomic<size_t> next_ = 0;  // a count alone: it orders nothing
};

}  // namespace

void LoadAtStart(const Services& services) {
  std::make_shared<StartLoads>(services, WantedAtStart(services.options))->Begin();
}

}  // namespace trireme::torchserve
