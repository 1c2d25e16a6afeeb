// SPDX-License-Identifier: Apache-2.0
#pragma once

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

// A worker is a caller that runs the model beside the others, on one copy of its weights. To have another number of
// them a model is loaded anew beside what serves.

// The file is looked at on a codec worker. The caller must be allowed to control the model that it turns out to be.
void Register(const Services& services, const RegisterRequest& request, const Identity& identity, ManageDone done);
// The same of what is to be there from the start, whatever the API may.
void RegisterAtStart(const Services& services, const ModelSettings& settings, ManageDone done);

void Scale(const Services& services, const std::string& model, const std::string& version, const ScaleRequest& request,
           ManageDone done);
void Unregister(const Services& services, const std::string& model, const std::string& version, ManageDone done);
ManageResult SetDefault(const Services& services, const std::string& model, const std::string& version);

// The JSON texts that tell of models. `version`: one, "all", or empty for the default one.
std::variant<std::string, Failure> Describe(const Services& services, const std::string& model,
                                            const std::string& version, bool customized);
std::string List(const Services& services, const ListRequest& request, const Identity& identity);

// Registers what the options want to be there at the start; it is there, or has failed and is logged, some time later.
void LoadAtStart(const Services& services);

}  // namespace trireme::torchserve
