// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/status.h"
#include "predict/block.h"
#include "predict/local_engine.h"
#include "predict/options.h"
#include "table/tables.h"

namespace trireme::predict {

// A source of blocks, and what it reads from.
struct OpenedSource {
  std::unique_ptr<table::Source> table;  // null: it is none
  std::unique_ptr<BlockSource> blocks;
};

// Whether rows come out of a table, for which somebody must read tables.
bool ReadsTable(const PredictOptions& options);

// Opens what the options name, for this model. `tables` is null where ReadsTable() is false. Errors name the option,
// the file or the column.
Result<OpenedSource> OpenSource(const PredictOptions& options, LocalEngine& engine, table::Tables* tables);

}  // namespace trireme::predict
