// SPDX-License-Identifier: Apache-2.0
#include "protocols/torchserve/manage.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/excerpt.h"
#include "protocols/torchserve/model_store.h"

namespace trireme::torchserve {
namespace {

constexpr int64_t kMostRows = 1 << 20;
// Java's, which snapshots are read back within.
constexpr int64_t kMostTime = std::numeric_limits<int32_t>::max();

// A model on its way from a URL to the book. Shared by those who have to finish it.
struct Registration {
  RegisterRequest request;
  Identity identity;
  bool is_at_start = false;
  // Not null: nobody waits for its workers. Announced once it is asked for, or at the latest when it has come.
  std::unique_ptr<std::once_flag> announcing = {};
  bool is_node = false;  // of a workflow, which holds its name
  std::string version;   // at the start: what the snapshot says; empty: what the archive does
  std::optional<int64_t> max_workers = {};
  std::filesystem::path path = {};  // of a node: perhaps known before it is looked for
  bool is_downloaded = false;
  std::optional<ArchiveFacts> facts = {};
  BookedVersion booked = {};
  std::string model = {};
  std::optional<ModelBook::Reservation> reservation = {};
  ManageDone done;
};

std::optional<Failure> CheckRuntime(const std::optional<std::string>& runtime) {
  if (!runtime) return std::nullopt;
  for (const std::string_view known : {"python", "python2", "python3", "LSP"}) {
    if (*runtime == known) return std::nullopt;
  }
  return BadRequest("Invalid RuntimeType value: " + *runtime);
}

std::optional<Failure> Check(const Registration& registration) {
  const RegisterRequest& request = registration.request;
  if (!request.url) return BadRequest("Parameter url is required.");
  if (auto failure = CheckRuntime(request.runtime)) return failure;
  if (auto failure = CheckNumber("batch_size", request.batch_size, 1, kMostRows)) return failure;
  if (auto failure = CheckNumber("max_batch_delay", request.max_batch_delay, 0, kMostTime)) return failure;
  if (auto failure = CheckNumber("initial_workers", request.initial_workers, 0, kMostWorkers)) return failure;
  if (auto failure = CheckNumber("max_workers", registration.max_workers, 0, kMostWorkers)) return failure;
  if (auto failure = CheckNumber("response_timeout", request.response_timeout, 0, kMostTime)) return failure;
  // A snapshot may have workers that were added later, without a time-out.
  const bool needs_time = request.initial_workers.value_or(0) > 0 && !registration.is_at_start;
  return CheckNumber("startup_timeout", request.startup_timeout, needs_time ? 1 : 0, kMostTime);
}

void Warn(const Logger& log, const std::string& url, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) log.Warning("an archive's settings: " + warning, {{"url", url}});
}

Failure Nameless(const std::filesystem::path& archive) {
  return {.type = ErrorType::kInvalidModel, .message = archive.filename().string() + ": Model name is not defined."};
}

std::optional<Failure> Name(const Services& services, Registration& registration) {
  const RegisterRequest& request = registration.request;
  std::optional<ArchiveFacts>& facts = registration.facts;
  if (services.read_archive) {
    Result<std::optional<ArchiveFacts>> read = services.read_archive(registration.path);
    if (!read.ok()) return Failure{.type = ErrorType::kInvalidModel, .message = read.status().message()};
    facts = *std::move(read);
  }
  if (facts) {
    Warn(services.log, *request.url, facts->warnings);
  } else if (!request.handler.empty()) {
    return BadRequest("handler: expected none of a model that is no archive, found " + Excerpt(request.handler));
  }
  BookedVersion& booked = registration.booked;
  registration.model = request.model_name;
  if (registration.model.empty() && facts) registration.model = facts->model_name;
  if (registration.model.empty()) {
    // As with TorchServe, who registers an archive without a name must give it one.
    if (facts && !registration.is_at_start) return Nameless(registration.path);
    registration.model = NameOfUrl(*request.url);
  }
  booked.version = registration.version;
  if (booked.version.empty()) booked.version = facts ? facts->model_version : "1.0";
  if (facts) booked.runtime = facts->runtime;
  if (request.runtime) booked.runtime = *request.runtime;
  if (!FitsPath(registration.model)) return CannotBeAsked("model_name", registration.model);
  if (!FitsPath(booked.version)) return CannotBeAsked("the version", booked.version);
  return std::nullopt;
}

// What config.properties says of it under "models": by its name and version, else by its file.
ModelSettings SaidOf(const Options& options, const Registration& registration) {
  const auto is_it = [&](const ModelSettings& said) {
    return said.name == registration.model && said.version == registration.booked.version;
  };
  auto found = std::ranges::find_if(options.models, is_it);
  if (found == options.models.end()) {
    found = std::ranges::find(options.models, registration.request.url, &ModelSettings::mar_name);
  }
  return found == options.models.end() ? ModelSettings{} : *found;
}

// The first that says anything: the request (or a snapshot), the archive, "models".
template <typename T>
std::optional<T> FirstOf(const std::optional<T>& request, const std::optional<T>& archive,
                         const std::optional<T>& said) {
  if (request) return request;
  return archive ? archive : said;
}

void FillWorkers(const Services& services, Registration& registration, const ArchiveFacts& facts,
                 const ModelSettings& said) {
  const std::optional<int64_t>& asked = registration.request.initial_workers;
  BookedVersion& booked = registration.booked;
  const int64_t otherwise = services.options.default_workers_per_model.value_or(registration.is_at_start ? 1 : 0);
  const int64_t workers = FirstOf(asked, facts.min_workers, said.min_workers).value_or(otherwise);
  booked.min_workers = std::clamp<int64_t>(workers, 0, kMostWorkers);
  std::optional<int64_t> most = registration.max_workers;
  if (!most && !asked) most = facts.max_workers ? facts.max_workers : said.max_workers;
  booked.max_workers = std::clamp(most.value_or(0), booked.min_workers, kMostWorkers);
  booked.callers = std::max<int64_t>(booked.min_workers, 1);
}

// What is waited for, and how many wait.
void FillBounds(const Options& options, Registration& registration, const ArchiveFacts& facts,
                const ModelSettings& said) {
  const RegisterRequest& request = registration.request;
  BookedVersion& booked = registration.booked;
  const auto in_seconds = [](const std::optional<int64_t>& seconds) {
    return seconds ? std::optional(std::chrono::seconds(*seconds)) : std::nullopt;
  };
  booked.response_timeout = FirstOf(in_seconds(request.response_timeout), facts.response_timeout, said.response_timeout)
                                .value_or(options.default_response_timeout);
  booked.startup_timeout = FirstOf(in_seconds(request.startup_timeout), facts.startup_timeout, said.startup_timeout);
  if (!booked.startup_timeout) booked.startup_timeout = options.default_startup_timeout;
  booked.client_timeout = facts.client_timeout.value_or(booked.client_timeout);
  booked.job_queue_size = options.job_queue_size;
  if (facts.job_queue_size) booked.job_queue_size = static_cast<size_t>(*facts.job_queue_size);
}

void Fill(const Services& services, Registration& registration) {
  const RegisterRequest& request = registration.request;
  const ArchiveFacts facts = registration.facts.value_or(ArchiveFacts{});
  const ModelSettings said = SaidOf(services.options, registration);
  BookedVersion& booked = registration.booked;
  booked.url = *request.url;
  booked.path = registration.path;
  booked.store = StoreOf(services.options);
  booked.is_downloaded = registration.is_downloaded;
  booked.handler = request.handler;
  if (registration.facts && booked.handler.empty() && facts.handler.empty()) {
    booked.handler = services.options.default_handler;
  }
  FillWorkers(services, registration, facts, said);
  // What the archive says of batches is its model's own already.
  booked.batch_size = request.batch_size.value_or(facts.batch_size ? 0 : said.batch_size.value_or(0));
  booked.max_batch_delay = facts.max_batch_delay ? std::chrono::milliseconds(0)
                                                 : said.max_batch_delay.value_or(std::chrono::milliseconds(0));
  if (request.max_batch_delay) booked.max_batch_delay = std::chrono::milliseconds(*request.max_batch_delay);
  FillBounds(services.options, registration, facts, said);
  booked.loaded_at_startup = registration.is_at_start;
}

std::string Registered(const Registration& registration) {
  const BookedVersion& booked = registration.booked;
  std::string text = "Model \"" + registration.model + "\" Version: " + booked.version + " registered with " +
                     std::to_string(booked.min_workers) + " initial workers";
  if (booked.min_workers == 0) text += ". Use scale workers API to add workers for the model.";
  return text;
}

// 500, as with TorchServe.
Failure NotStarted(const std::string& model, const std::string& version, const Status& status) {
  return {.type = ErrorType::kInternalServer,
          .message = "Failed to start workers for model " + model + " version: " + version + ": " + status.message()};
}

Failure WhyNotLoaded(const Services& services, const Registration& registration, const Status& status) {
  // A load that has not ended in time; while the server stops there is another reason.
  const bool has_limit = registration.booked.startup_timeout && registration.booked.min_workers > 0;
  if (has_limit && status.code() == StatusCode::kUnavailable && services.engine.Accepting()) {
    return NotStarted(registration.model, registration.booked.version, status);
  }
  Failure failure = FailureOf(status);
  const StatusCode code = status.code();
  const bool is_models_fault = code == StatusCode::kInvalidArgument || code == StatusCode::kNotFound ||
                               code == StatusCode::kTooLarge || code == StatusCode::kUnsupported;
  if (is_models_fault) failure = {.type = ErrorType::kInvalidModel, .message = status.message()};
  return failure;
}

// Behind the engine's having been asked for it: whoever finds it in the book asks the engine for more, which carries
// that out in the order in which it is asked.
void Announce(Registration& registration) {
  std::call_once(*registration.announcing, [&] { registration.reservation->Announce(registration.booked); });
}

void FinishRegistration(const Services& services, Registration& registration, const Status& status) {
  if (registration.announcing) Announce(registration);
  if (!status.ok()) {
    registration.reservation.reset();
    RemoveDownload(services, registration.booked);
    return registration.done(WhyNotLoaded(services, registration, status));
  }
  // Whoever has begun to remove it meanwhile unloads it after this.
  if (registration.announcing) {
    registration.reservation->Enter();
  } else {
    registration.reservation->Enter(registration.booked);
  }
  if (!registration.is_node) SaveSnapshot(services);
  registration.done(Managed{.http = 200, .text = Registered(registration)});
}

// For the next start, should it not be there in this one.
std::optional<ModelSettings> KeptOf(const Registration& registration, bool is_default) {
  if (!registration.is_at_start || registration.is_node) return std::nullopt;
  ModelSettings settings = SettingsOf(registration.model, registration.booked, is_default);
  settings.engine_name.reset();
  return settings;
}

// The name of a node belongs to its workflow, and to it alone. Asked once the version is reserved: who takes the name
// for a workflow after this finds it.
std::optional<Failure> CheckHolder(const Services& services, const Registration& registration) {
  const std::string& model = registration.model;
  if (!registration.is_node) {
    const std::optional<std::string> workflow = services.workflows.HolderOf(model);
    return workflow ? std::optional(BelongsTo(model, *workflow)) : std::nullopt;
  }
  if (registration.reservation->engine_name() == model) return std::nullopt;
  return Failure{.type = ErrorType::kConflictStatus, .message = "Model \"" + model + "\" is already registered"};
}

std::optional<Failure> Reserve(const Services& services, Registration& registration) {
  if (registration.reservation) {
    registration.reservation->LiesAt(registration.path);
    return CheckHolder(services, registration);
  }
  const bool is_default =
      registration.is_at_start && SaidOf(services.options, registration).default_version.value_or(false);
  // What is wanted at the start is loaded at the same time: whoever is first there says nothing.
  auto reserved = services.book.Reserve(registration.model, registration.booked.version,
                                        {.is_default = is_default,
                                         .is_default_if_first = registration.is_at_start,
                                         .kept = KeptOf(registration, is_default)});
  if (const Failure* const failure = std::get_if<Failure>(&reserved)) return *failure;
  registration.reservation.emplace(std::get<ModelBook::Reservation>(std::move(reserved)));
  registration.reservation->LiesAt(registration.path);
  return CheckHolder(services, registration);
}

// What a client is not told any more.
ManageDone LogFailure(const Services& services, const std::string& model) {
  return [&services, model](const ManageResult& result) {
    const Failure* const failure = std::get_if<Failure>(&result);
    if (failure == nullptr) return;
    services.log.Error("a model that was registered cannot be served",
                       {{"model", model}, {"reason", failure->message}});
  };
}

// What the archive says of itself, and whether he may have it.
std::optional<Failure> Examine(const Services& services, Registration& registration) {
  if (auto failure = Name(services, registration)) return failure;
  if (const Status status = Authorise(registration.identity, Operation::kModelControl, registration.model);
      !status.ok()) {
    return FailureOf(status);
  }
  Fill(services, registration);
  return Reserve(services, registration);
}

// Looks at the file.
void Load(const Services& services, const std::shared_ptr<Registration>& shared) {
  Registration& registration = *shared;
  if (auto failure = Examine(services, registration)) {
    registration.reservation.reset();
    registration.booked.path = registration.path;
    registration.booked.is_downloaded = registration.is_downloaded;
    RemoveDownload(services, registration.booked);
    return registration.done(*std::move(failure));
  }
  const std::string name = registration.reservation->engine_name();
  ManageDone answer;
  if (!registration.request.synchronous && registration.booked.min_workers > 0) {
    registration.announcing = std::make_unique<std::once_flag>();
    answer = std::exchange(registration.done, LogFailure(services, registration.model));
  }
  services.engine.LoadFrom(
      name, registration.path, WishOf(registration.booked),
      [&services, shared](const Status& status) { FinishRegistration(services, *shared, status); });
  if (!answer) return;
  Announce(registration);
  answer(Managed{.http = 202, .text = "Processing worker updates..."});
}

// Why the file of a URL could not be had.
Failure NotDownloaded(const std::string& url, const Status& status) {
  if (status.code() == StatusCode::kAlreadyExists) {
    return {.type = ErrorType::kConflictStatus, .message = status.message()};
  }
  if (status.code() != StatusCode::kInvalidArgument) return FailureOf(status);
  return {.type = ErrorType::kDownloadArchive,
          .message = "Failed to download archive from: " + url + " (" + status.message() + ")"};
}

// Fetches the file first. Who may not manage the model that he names causes no download.
void FetchAndLoad(const Services& services, const std::shared_ptr<Registration>& shared) {
  const std::string url = *shared->request.url;
  const std::string& model = shared->request.model_name;
  if (!services.download) return shared->done(NotDownloaded(url, InvalidArgument("nothing is downloaded here")));
  if (const Status status = Authorise(shared->identity, Operation::kModelControl, model); !status.ok()) {
    return shared->done(FailureOf(status));
  }
  services.download(url, shared->is_at_start,
                    [&services, shared, url](const Result<std::filesystem::path>& file, bool is_new) {
                      if (!file.ok()) return shared->done(NotDownloaded(url, file.status()));
                      const auto found = FindInStore(services.options, file->filename().string());
                      if (const Failure* const failure = std::get_if<Failure>(&found)) return shared->done(*failure);
                      shared->path = std::get<std::filesystem::path>(found);
                      shared->is_downloaded = is_new;
                      Load(services, shared);
                    });
}

// Looks at files.
void LookAndLoad(const Services& services, const std::shared_ptr<Registration>& shared) {
  if (shared->path.empty()) {
    const auto found = FindInStore(services.options, *shared->request.url);
    if (const Failure* const failure = std::get_if<Failure>(&found)) return shared->done(*failure);
    if (std::holds_alternative<MustFetch>(found)) return FetchAndLoad(services, shared);
    shared->path = std::get<std::filesystem::path>(found);
  }
  Load(services, shared);
}

void Begin(const Services& services, Registration registration) {
  if (auto failure = Check(registration)) return registration.done(*std::move(failure));
  // Shared by the copies that a std::function makes of itself.
  const auto shared = std::make_shared<Registration>(std::move(registration));
  if (services.codec_workers.Submit([&services, shared] { LookAndLoad(services, shared); })) return;
  shared->done(FailureOf(Overloaded("too many requests are being read; try again later")));
}

}  // namespace

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

LoadWish WishOf(const BookedVersion& booked) {
  LoadWish wish{.instances = static_cast<int>(booked.callers),
                .max_rows = booked.batch_size,
                .max_delay = booked.max_batch_delay,
                .max_waiting_requests = booked.job_queue_size,
                .mar_handler = booked.handler,
                .root = booked.store};
  // Nobody waits for workers that nobody wants.
  if (booked.min_workers > 0) wish.load_timeout = booked.startup_timeout.value_or(std::chrono::seconds(0));
  return wish;
}

void RemoveDownload(const Services& services, const BookedVersion& booked) {
  if (!booked.is_downloaded || services.book.IsUsed(booked.path)) return;
  std::error_code error;
  std::filesystem::remove(booked.path, error);
  if (!error) return;
  services.log.Warning("a model that was downloaded stays in the model store",
                       {{"file", booked.path.filename().string()}, {"reason", error.message()}});
}

void SaveSnapshot(const Services& services) {
  if (!services.snapshot.is_wanted() || services.book.expected() > 0) return;
  services.snapshot.SaveSoon(
      [&snapshot = services.snapshot, &book = services.book, &workflows = services.workflows, &log = services.log] {
        if (book.expected() > 0) return;
        const Status saved = snapshot.Save(book, workflows);
        if (!saved.ok()) log.Error("TorchServe snapshot", {{"reason", saved.message()}});
      });
}

void Register(const Services& services, const RegisterRequest& request, const Identity& identity, ManageDone done) {
  if (!services.options.enable_model_api) return done(NotAllowed());
  Begin(services, {.request = request, .identity = identity, .version = {}, .done = std::move(done)});
}

void RegisterNode(const Services& services, NodeRegistration node, ManageDone done) {
  Registration registration{.request = std::move(node.request),
                            .identity = {},
                            .is_at_start = node.is_at_start,
                            .is_node = true,
                            .version = {},
                            .max_workers = node.max_workers,
                            .path = std::move(node.file),
                            .done = std::move(done)};
  if (!node.is_at_start) return Begin(services, std::move(registration));
  if (auto failure = Check(registration)) return registration.done(*std::move(failure));
  LookAndLoad(services, std::make_shared<Registration>(std::move(registration)));
}

void RegisterAtStart(const Services& services, WantedModel wanted, ManageDone done) {
  const ModelSettings& settings = wanted.settings;
  RegisterRequest request{.url = settings.mar_name.value_or(""), .model_name = settings.name};
  request.batch_size = settings.batch_size;
  if (settings.max_batch_delay) request.max_batch_delay = settings.max_batch_delay->count();
  request.initial_workers = settings.min_workers;
  if (settings.response_timeout) request.response_timeout = settings.response_timeout->count();
  if (settings.startup_timeout) request.startup_timeout = settings.startup_timeout->count();
  const auto registration = std::make_shared<Registration>(Registration{.request = std::move(request),
                                                                        .identity = {},
                                                                        .is_at_start = true,
                                                                        .version = settings.version,
                                                                        .max_workers = settings.max_workers,
                                                                        .reservation = std::move(wanted.reservation),
                                                                        .done = std::move(done)});
  if (auto failure = Check(*registration)) return registration->done(*std::move(failure));
  LookAndLoad(services, registration);
}

}  // namespace trireme::torchserve
