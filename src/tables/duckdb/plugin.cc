// SPDX-License-Identifier: Apache-2.0
#include "table/plugin.h"

#include "tables/duckdb/duck_tables.h"

TRIREME_TABLES_PLUGIN(&trireme::duck::DuckTables::Open);
