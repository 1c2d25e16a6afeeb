# SPDX-License-Identifier: Apache-2.0
# One place for language level, warnings and sanitizers; every part inherits them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# A plug-in carries its own copy of the small parts it uses: nothing but its entry point may leak out of it.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

set(TRIREME_SANITIZE "" CACHE STRING "address, thread, fuzzer or empty")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(trireme_settings INTERFACE)
target_include_directories(trireme_settings INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(trireme_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wno-missing-field-initializers -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  -Wimplicit-fallthrough -Wvla -fno-omit-frame-pointer)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # SSE4.1 for the number scanner; every server processor since 2009 has it.
  target_compile_options(trireme_settings INTERFACE -march=x86-64-v2)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(trireme_settings INTERFACE -Wthread-safety -Wthread-safety-beta)
endif()

if(TRIREME_SANITIZE STREQUAL "address")
  # The checks of every single pointer double the time to compile; the address sanitizer stops at null ones itself, and
  # the fuzzers are built with all of them.
  target_compile_options(trireme_settings INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null,alignment,vptr -fno-sanitize-recover=all)
  target_link_options(trireme_settings INTERFACE -fsanitize=address,undefined)
elseif(TRIREME_SANITIZE STREQUAL "thread")
  target_compile_options(trireme_settings INTERFACE -fsanitize=thread)
  target_link_options(trireme_settings INTERFACE -fsanitize=thread)
elseif(TRIREME_SANITIZE STREQUAL "fuzzer")
  target_compile_options(trireme_settings INTERFACE -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all)
  target_link_options(trireme_settings INTERFACE -fsanitize=address,undefined)
endif()

if(TRIREME_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes what the sanitizers add to an optional for a read of it; the plain build has these warnings.
  target_compile_options(trireme_settings INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow)
endif()

find_package(Threads REQUIRED)
target_link_libraries(trireme_settings INTERFACE Threads::Threads)
