// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "access/authoriser.h"
#include "base/status.h"
#include "engine/engine.h"
#include "protocols/kserve/infer_services.h"
#include "wire/kserve/metadata.h"
#include "wire/kserve/model_config_message.h"
#include "wire/kserve/statistics.h"

namespace trireme::kserve {

// What the server and its models are, as V2 tells it by whatever protocol. Lists leave out the models that the caller
// may not see. Errors are those of the engine.

// Does not change while the server runs. Takes its time: see SharedMemoryRegions::Serves.
ServerMetadata DescribeServer(const InferServices& services);

Result<ModelMetadata> DescribeModel(const Engine& engine, std::string_view name, const VersionChoice& version);
Result<ModelConfigParts> DescribeConfig(const Engine& engine, std::string_view name, const VersionChoice& version);

// Of all models if the name is empty.
Result<std::vector<StatisticsEntry>> DescribeStatistics(const Engine& engine, const Identity& identity,
                                                        std::string_view name, const VersionChoice& version);

std::vector<IndexEntry> DescribeIndex(const Engine& engine, const Identity& identity, const IndexRequest& request);

}  // namespace trireme::kserve
