// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "access/authoriser.h"
#include "protocols/torchserve/failure.h"
#include "protocols/torchserve/services.h"
#include "wire/torchserve/requests.h"

namespace trireme::torchserve {

// What became of a wish of the management service, over REST or gRPC.
struct Managed {
  int http = 200;
  std::string text;  // of its status
};
using ManageResult = std::variant<Managed, Failure>;
// Once, on any thread, perhaps before the function that was given it returns.
using ManageDone = std::function<void(ManageResult)>;

inline constexpr int64_t kMostWorkers = 1000;

// A worker is a caller that runs the model beside the others, on one copy of its weights. To have another number of
// them a model is loaded anew beside what serves.

// The file is looked at on a codec worker. The caller must be allowed to control the model that it turns out to be.
void Register(const Services& services, const RegisterRequest& request, const Identity& identity, ManageDone done);

// What is to be there from the start.
struct WantedModel {
  ModelSettings settings;
  std::optional<ModelBook::Reservation> reservation = {};  // where its version is known before its archive is read
};
// The same of that, whatever the API may. Looks at its file on the calling thread.
void RegisterAtStart(const Services& services, WantedModel wanted, ManageDone done);

void Scale(const Services& services, const std::string& model, const std::string& version, const ScaleRequest& request,
           ManageDone done);
void Unregister(const Services& services, const std::string& model, const std::string& version, ManageDone done);
ManageResult SetDefault(const Services& services, const std::string& model, const std::string& version);

// A model of a workflow's, which holds its name (WorkflowBook).
struct NodeRegistration {
  RegisterRequest request;
  std::filesystem::path file;  // of the workflow's archive; empty: the URL leads into the model store
  int64_t max_workers = 1;
  bool is_at_start = false;
};
// As Register(), whatever the API may and whoever asks: that was decided of the workflow. At the start its file is
// looked at on the calling thread.
void RegisterNode(const Services& services, NodeRegistration node, ManageDone done);
// `done` once, on any thread, when it has gone, or cannot be had to go, which is logged.
void UnregisterNode(const Services& services, const std::string& model, std::function<void()> done);

// 409, of a model that a workflow has.
Failure BelongsTo(const std::string& model, const std::string& workflow);

// Whether it can stand in a path as it is: nothing else would ever reach what is called so, nor remove it.
bool FitsPath(std::string_view text);
// 400, of what does not.
Failure CannotBeAsked(const std::string& field, std::string_view text);

// The JSON texts that tell of models. `version`: one, "all", or empty for the default one.
std::variant<std::string, Failure> Describe(const Services& services, const std::string& model,
                                            const std::string& version, bool customized);
std::string List(const Services& services, const ListRequest& request, const Identity& identity);

// Removes what was downloaded for a version that has gone, or never came, unless another one lies there.
void RemoveDownload(const Services& services, const BookedVersion& booked);

// The engine has unloaded what had this name, whoever asked for it (ModelControl::TellOfUnloads).
void WhenUnloaded(const Services& services, const std::string& engine_name);

// How the engine is to load it.
LoadWish WishOf(const BookedVersion& booked);

// Writes what is registered where the options want it, some time later; not while models are to come from the start,
// because the file would forget them.
void SaveSnapshot(const Services& services);

}  // namespace trireme::torchserve
