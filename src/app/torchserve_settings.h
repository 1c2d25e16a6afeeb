// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// TorchServe's listeners and what is asked of them; TorchServe's names where it has them.
std::vector<Setting> TorchserveSettings(TorchserveFlags& flags);

// What TorchServe's config.properties says, in the words of our settings, each of which may still be set otherwise.
// What there is no setting for goes to `flags` itself, and what is not honoured to its remarks. kInvalidArgument names
// file, line and key.
Result<SettingTexts> ReadTorchserveProperties(const std::string& file, const Environment& environment,
                                              TorchserveFlags& flags);

// Whether models are served that somebody registered, else all that lie in the model store.
bool RegistersModels(const ServeOptions& options);

// What follows from TorchServe's settings for the others: who registers models has them controlled by name.
void SettleTorchserve(ServeOptions& options);

// kInvalidArgument: there is no model store.
Status CheckTorchserve(const ServeOptions& options);

// TorchServe's listeners, as the server wants them.
TorchserveListeners TorchserveListenersOf(const ServeOptions& options);

}  // namespace trireme
