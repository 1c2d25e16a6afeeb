// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "backend/backend.h"

namespace trireme {

// One model of several that are alike, each on a device of its own. A run goes to the copy that has the fewest runs in
// flight; of several the one whose turn it is. So whoever runs models sees one.
//
// `copies`: for each copy which of the models it is; several may be the same one, which then has as much of the work as
// so many. A single model comes back as it is; several cannot be had with other threads (OpenModel::WithThreads).
std::unique_ptr<OpenModel> MakeCopiesModel(std::vector<std::unique_ptr<OpenModel>> models,
                                           const std::vector<size_t>& copies);

// The same of those that are just being loaded: what is run runs on each, one after the other, and the first one's
// answer is given. It is wrong if one of them fails.
std::shared_ptr<OpenModel> MakeEveryCopyModel(std::vector<std::shared_ptr<OpenModel>> models);

}  // namespace trireme
