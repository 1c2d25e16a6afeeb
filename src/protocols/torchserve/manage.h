// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
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

// The JSON texts that tell of models. `version`: one, "all", or empty for the default one.
std::variant<std::string, Failure> Describe(const Services& services, const std::string& model,
                                            const std::string& version, bool customized);
std::string List(const Services& services, const ListRequest& request, const Identity& identity);

// How the engine is to load it.
LoadWish WishOf(const BookedVersion& booked);

// Writes what is registered where the options want it, some time later; not while models are to come from the start,
// because the file would forget them.
void SaveSnapshot(const Services& services);

}  // namespace trireme::torchserve
