# SPDX-License-Identifier: Apache-2.0
# Finds libtorch: TORCH_ROOT (a CMake or environment variable naming a folder with include/ and lib/, such as the folder
# `torch` of a Python wheel) if set, else the system's (Debian: libtorch-dev). Defines
#
#   libtorch   its headers and libraries, with CUDA's where it has been built for that
#
# and nothing where there is no libtorch: then TorchScript models are not served. TRIREME_TORCH says whether that will
# do: AUTO (yes), ON (no), OFF (it is not even looked for).

set(TRIREME_TORCH AUTO CACHE STRING "the plug-in for TorchScript models: AUTO (where libtorch is installed), ON or OFF")
if(TRIREME_TORCH STREQUAL "OFF")
  return()
endif()

if(NOT TORCH_ROOT)
  set(TORCH_ROOT "$ENV{TORCH_ROOT}")
endif()
if(TORCH_ROOT)
  set(places PATHS ${TORCH_ROOT}/include ${TORCH_ROOT}/lib NO_DEFAULT_PATH)
endif()
find_path(LIBTORCH_INCLUDE torch/csrc/jit/api/module.h ${places} NO_CACHE)
find_path(LIBTORCH_API_INCLUDE torch/version.h ${places} PATH_SUFFIXES torch/csrc/api/include NO_CACHE)
foreach(name torch torch_cpu c10)
  find_library(LIBTORCH_${name} NAMES ${name} ${places} NO_CACHE)
  list(APPEND needed LIBTORCH_${name})
endforeach()

foreach(what LIBTORCH_INCLUDE LIBTORCH_API_INCLUDE ${needed})
  if(NOT ${what})
    set(message "libtorch is not there: TorchScript models are not served. './dev build --with torch' installs and builds "
      "it. TORCH_ROOT names a folder that has its include/ and lib/.")
    if(TRIREME_TORCH STREQUAL "ON")
      message(FATAL_ERROR ${message})
    endif()
    message(STATUS ${message})
    return()
  endif()
endforeach()

add_library(libtorch INTERFACE)
target_include_directories(libtorch SYSTEM INTERFACE ${LIBTORCH_INCLUDE} ${LIBTORCH_API_INCLUDE})
target_link_libraries(libtorch INTERFACE ${LIBTORCH_torch} ${LIBTORCH_torch_cpu} ${LIBTORCH_c10})

# Kernels for GPUs register themselves when their library is loaded: nothing refers to it by name.
find_library(LIBTORCH_torch_cuda NAMES torch_cuda ${places} NO_CACHE)
find_library(LIBTORCH_c10_cuda NAMES c10_cuda ${places} NO_CACHE)
if(LIBTORCH_torch_cuda AND LIBTORCH_c10_cuda)
  target_link_libraries(libtorch INTERFACE -Wl,--no-as-needed ${LIBTORCH_torch_cuda} ${LIBTORCH_c10_cuda} -Wl,--as-needed)
endif()
