# SPDX-License-Identifier: Apache-2.0
# Finds ONNX Runtime: ONNXRUNTIME_ROOT (a CMake or environment variable naming a folder with include/ and lib/) if set,
# else .deps/onnxruntime. Defines
#
#   onnxruntime_headers   its headers; nothing links the library, the plug-in opens it
#
# and puts libonnxruntime.so.1 into the build folder, beside the plug-in, so that the folder runs wherever it is copied.

if(NOT ONNXRUNTIME_ROOT)
  set(ONNXRUNTIME_ROOT "$ENV{ONNXRUNTIME_ROOT}")
endif()
if(NOT ONNXRUNTIME_ROOT)
  set(ONNXRUNTIME_ROOT ${CMAKE_SOURCE_DIR}/.deps/onnxruntime)
endif()

find_path(ONNXRUNTIME_INCLUDE onnxruntime_c_api.h
  PATHS ${ONNXRUNTIME_ROOT}/include PATH_SUFFIXES onnxruntime onnxruntime/core/session NO_DEFAULT_PATH NO_CACHE)
find_file(ONNXRUNTIME_LIBRARY NAMES libonnxruntime.so.1 libonnxruntime.so
  PATHS ${ONNXRUNTIME_ROOT}/lib ${ONNXRUNTIME_ROOT}/lib64 NO_DEFAULT_PATH NO_CACHE)
if(NOT ONNXRUNTIME_INCLUDE OR NOT ONNXRUNTIME_LIBRARY)
  message(FATAL_ERROR "ONNX Runtime is not in ${ONNXRUNTIME_ROOT}. Run\n"
    "  tools/fetch_onnxruntime.sh .deps/onnxruntime\n"
    "or set ONNXRUNTIME_ROOT to a folder that has its include/ and lib/.")
endif()

add_library(onnxruntime_headers INTERFACE)
target_include_directories(onnxruntime_headers SYSTEM INTERFACE ${ONNXRUNTIME_INCLUDE})

# A hard link where the file system allows one: every build folder has its own file and none costs 45 MB more.
file(REAL_PATH ${ONNXRUNTIME_LIBRARY} library)
file(CREATE_LINK ${library} ${CMAKE_BINARY_DIR}/libonnxruntime.so.1 COPY_ON_ERROR)
