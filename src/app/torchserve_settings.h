// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/settings.h"

namespace trireme {

// TorchServe's listeners and what is asked of them; TorchServe's names where it has them.
std::vector<Setting> TorchserveSettings(TorchserveFlags& flags);

// Flags of TorchServe's own command that say what a server does here anyway; they become remarks.
std::vector<Setting> TorchserveCommandSettings(TorchserveFlags& flags);

// What TorchServe's config.properties says, in the words of our settings, each of which may still be set otherwise.
// What there is no setting for goes to `flags` itself, and what is not honoured to its remarks. kInvalidArgument names
// file, line and key.
Result<SettingTexts> ReadTorchserveProperties(const std::string& file, const Environment& environment,
                                              TorchserveFlags& flags);

// Whether models are served that somebody registered, else all that lie in the model store.
bool RegistersModels(const ServeOptions& options);

// The paths whose models are served without anybody's registering them: not the model store, if that is done.
std::vector<std::filesystem::path> RepositoriesOf(const ServeOptions& options);

// Whether TorchServe's tokens are asked for.
bool AsksForTokens(const ServeOptions& options);

// What follows from TorchServe's settings for the others: who registers models has them controlled by name. Adds what
// an operator should know to the remarks.
void SettleTorchserve(ServeOptions& options);

// kInvalidArgument: something is asked of TorchServe's dialect, which is not spoken; models are registered, and there
// is no store that they could lie in; or an address is to be encrypted, and there is no certificate.
Status CheckTorchserve(const ServeOptions& options);

// TorchServe's listeners, as the server wants them.
TorchserveListeners TorchserveListenersOf(const ServeOptions& options);

}  // namespace trireme
