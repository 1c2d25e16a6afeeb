# SPDX-License-Identifier: Apache-2.0
# Finds DuckDB: DUCKDB_ROOT (a CMake or environment variable naming a folder with include/ and lib/) if set, else
# .deps/duckdb. Defines
#
#   duckdb   its header and library
#
# and puts libduckdb.so into the build folder, beside the plug-in; nothing where there is none: then `trireme predict`
# reads and writes no tables.

if(NOT DUCKDB_ROOT)
  set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}")
endif()
if(NOT DUCKDB_ROOT)
  set(DUCKDB_ROOT ${CMAKE_SOURCE_DIR}/.deps/duckdb)
endif()

find_path(DUCKDB_INCLUDE duckdb.h PATHS ${DUCKDB_ROOT}/include NO_DEFAULT_PATH NO_CACHE)
find_file(DUCKDB_LIBRARY libduckdb.so PATHS ${DUCKDB_ROOT}/lib NO_DEFAULT_PATH NO_CACHE)
if(NOT DUCKDB_INCLUDE OR NOT DUCKDB_LIBRARY)
  message(STATUS "DuckDB is not in ${DUCKDB_ROOT}: 'trireme predict' reads and writes no tables. "
    "tools/fetch_duckdb.sh .deps/duckdb brings it; DUCKDB_ROOT names a folder that has its include/ and lib/.")
  return()
endif()

# A hard link where the file system allows one: every build folder has its own file and none costs 62 MB more.
file(REAL_PATH ${DUCKDB_LIBRARY} library)
file(CREATE_LINK ${library} ${CMAKE_BINARY_DIR}/libduckdb.so COPY_ON_ERROR)

add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/libduckdb.so)
target_include_directories(duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE})
