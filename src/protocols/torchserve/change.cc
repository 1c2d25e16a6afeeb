// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/torchserve/manage.h"

// How what is registered is changed: workers, default versions, and that it goes.
namespace trireme::torchserve {
namespace {

// Of a model that nobody registered, which has versions that are numbers: those that the engine knows.
std::vector<int64_t> VersionsOfOther(const Services& services, const std::string& model) {
  std::vector<int64_t> versions;
  if (services.book.Holds(model)) return versions;
  for (const ModelStatus& status : services.engine.Index()) {
    const bool is_gone = status.state == ModelState::kRetired || status.state == ModelState::kDraining;
    if (status.id.name == model && !is_gone) versions.push_back(status.id.version);
  }
  return versions;
}

bool Contains(const std::vector<int64_t>& versions, const std::string& version) {
  const std::optional<int64_t> number = NumberOfVersion(version);
  return number && std::ranges::find(versions, *number) != versions.end();
}

// Somebody is removing it, or has and it answers what it has.
bool IsBeingUnregistered(const Services& services, const std::string& model, const std::string& version) {
  if (services.book.IsLeaving(model, version)) return true;
  if (!services.book.VersionsOf(model).empty()) return false;
  const std::vector<ModelStatus> models = services.engine.Index();
  return std::ranges::any_of(models, [&](const ModelStatus& status) {
    return status.id.name == model && status.state == ModelState::kDraining;
  });
}

Failure WhyNotThere(const Services& services, const std::string& model, const std::string& version) {
  if (IsBeingUnregistered(services, model, version)) {
    return {.type = ErrorType::kConflictStatus, .message = "Model \"" + model + "\" is being unregistered"};
  }
  if (!services.book.VersionsOf(model).empty()) return VersionNotFound(model, version);
  if (VersionsOfOther(services, model).empty()) return ModelNotFound(model);
  return BadRequest(
      "Model \"" + model +
      "\" was not registered here, so its workers stay: with --enable-model-api (or --models) models are "
      "registered and can be scaled; of a model in a repository instance_group of its config.pbtxt, of an "
      "archive minWorkers of its model-config.yaml says how many there are");
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

Failure WhyNotScaled(const Services& services, const std::string& model, const std::string& version,
                     const Status& status) {
  // It has gone while it waited for its turn.
  if (status.code() == StatusCode::kNotFound) return WhyNotThere(services, model, version);
  services.log.Error("workers cannot be scaled", {{"model", model}, {"reason", status.message()}});
  return FailureOf(status);
}

// A model that nobody registered goes as a whole.
std::optional<Failure> CheckRemoval(const Services& services, const std::string& model, const std::string& version) {
  const std::vector<int64_t> versions = VersionsOfOther(services, model);
  if (versions.empty()) return ModelNotFound(model);
  if (version.empty()) return std::nullopt;
  if (!Contains(versions, version)) return VersionNotFound(model, version);
  if (versions.size() == 1) return std::nullopt;
  return BadRequest("Model \"" + model +
                    "\" was not registered here: versions of a repository's model are unloaded together, without one "
                    "in the path");
}

void Unload(const Services& services, const std::string& model, const std::string& engine_name,
            std::shared_ptr<ModelBook::Departure> departure, ManageDone done) {
  services.engine.Unload(
      engine_name, [&services, model, departure = std::move(departure), done = std::move(done)](const Status& status) {
        // What is not there has gone already.
        const bool has_gone = status.ok() || status.code() == StatusCode::kNotFound;
        if (departure) has_gone ? departure->Complete() : departure->TakeBack();
        if (departure && has_gone) RemoveDownload(services, departure->booked());
        if (!has_gone) return done(FailureOf(status));
        // What comes again in its place may have other versions.
        if (!departure) services.book.SetDefaultOfOther(model, {});
        SaveSnapshot(services);
        done(Managed{.http = 200, .text = "Model \"" + model + "\" unregistered"});
      });
}

}  // namespace

void Scale(const Services& services, const std::string& model, const std::string& version, const ScaleRequest& request,
           ManageDone done) {
  if (!services.book.VersionOf(model, version)) return done(WhyNotThere(services, model, version));
  if (auto failure = Check(request)) return done(*std::move(failure));
  auto begun = services.book.BeginToScale(model, version, request.min_worker, request.max_worker);
  if (std::holds_alternative<NotBooked>(begun)) return done(WhyNotThere(services, model, version));
  if (const Failure* const failure = std::get_if<Failure>(&begun)) return done(*failure);
  Managed answer{.http = request.synchronous ? 200 : 202,
                 .text = request.synchronous ? Scaled(model, version, request.min_worker)
                                             : std::string("Processing worker updates...")};
  // Shared by the copies that a std::function makes of itself.
  const auto scaling = std::make_shared<ModelBook::Scaling>(std::get<ModelBook::Scaling>(std::move(begun)));
  if (!scaling->needs_load()) {
    SaveSnapshot(services);
    return done(std::move(answer));
  }
  LoadWish wish = WishOf(scaling->wanted());
  wish.replaces = true;
  if (!request.synchronous) {
    done(answer);
    done = [](const ManageResult&) {};
  }
  const auto finish = [&services, model, version, scaling, answer, done](const Status& status) {
    if (!status.ok()) return done(WhyNotScaled(services, model, version, status));
    scaling->Complete();
    SaveSnapshot(services);
    done(answer);
  };
  services.engine.LoadFrom(scaling->wanted().engine_name, scaling->wanted().path, wish, finish);
}

void Unregister(const Services& services, const std::string& model, const std::string& version, ManageDone done) {
  if (!services.options.enable_model_api) return done(NotAllowed());
  if (const auto workflow = services.workflows.HolderOf(model)) {
    Failure failure = BelongsTo(model, *workflow);
    failure.message += ": unregister that";
    return done(std::move(failure));
  }
  if (services.book.ForgetKept(model, version)) {
    SaveSnapshot(services);
    return done(Managed{.http = 200, .text = "Model \"" + model + "\" unregistered"});
  }
  auto begun = services.book.BeginToLeave(model, version);
  if (const Failure* const failure = std::get_if<Failure>(&begun)) return done(*failure);
  if (auto* const departure = std::get_if<ModelBook::Departure>(&begun)) {
    // Shared by the copies that a std::function makes of itself.
    auto shared = std::make_shared<ModelBook::Departure>(std::move(*departure));
    const std::string name = shared->engine_name();
    return Unload(services, model, name, std::move(shared), std::move(done));
  }
  if (auto failure = CheckRemoval(services, model, version)) return done(*std::move(failure));
  Unload(services, model, model, nullptr, std::move(done));
}

Failure BelongsTo(const std::string& model, const std::string& workflow) {
  return {.type = ErrorType::kConflictStatus,
          .message = "Model \"" + model + "\" belongs to workflow \"" + workflow + "\""};
}

void UnregisterNode(const Services& services, const std::string& model, std::function<void()> done) {
  auto begun = services.book.BeginToLeave(model, {});
  auto* const departure = std::get_if<ModelBook::Departure>(&begun);
  if (departure == nullptr) return done();  // somebody has unloaded it another way
  // Shared by the copies that a std::function makes of itself.
  auto shared = std::make_shared<ModelBook::Departure>(std::move(*departure));
  const std::string name = shared->engine_name();
  Unload(services, model, name, std::move(shared),
         [&services, model, done = std::move(done)](const ManageResult& result) {
           if (const Failure* const failure = std::get_if<Failure>(&result)) {
             services.log.Error("a model of a workflow cannot be unloaded",
                                {{"model", model}, {"reason", failure->message}});
           }
           done();
         });
}

void WhenUnloaded(const Services& services, const std::string& engine_name) {
  const std::optional<BookedVersion> gone = services.book.Gone(engine_name);
  if (!gone) return;
  RemoveDownload(services, *gone);
  SaveSnapshot(services);
}

ManageResult SetDefault(const Services& services, const std::string& model, const std::string& version) {
  const auto set = services.book.SetDefault(model, version);
  if (const Failure* const failure = std::get_if<Failure>(&set)) return *failure;
  if (std::holds_alternative<NotBooked>(set)) {
    const std::vector<int64_t> versions = VersionsOfOther(services, model);
    if (versions.empty()) return ModelNotFound(model);
    if (!Contains(versions, version)) return VersionNotFound(model, version);
    services.book.SetDefaultOfOther(model, version);
  }
  SaveSnapshot(services);
  return Managed{.http = 200,
                 .text = "Default version successfully updated for model \"" + model + "\" to \"" + version + "\""};
}

}  // namespace trireme::torchserve
