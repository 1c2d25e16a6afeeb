# SPDX-License-Identifier: Apache-2.0
# A part is a folder under src/ and one static library. Its files are found by their names:
#
#   x.cc             the part itself
#   x_test.cc        tests, one binary a part: <part>_test
#   x_fuzz.cc        a fuzzer: <x>_fuzz; replays src/<part>/corpus/<x>/ as a test in every build
#   x_benchmark.cc   micro-benchmarks, one binary a part: <part>_benchmark
#   testing/*.cc     fakes for other parts' tests: the library <part>_testing
#
# THREADLESS: neither the part nor its tests start or share threads, so that ThreadSanitizer has nothing to see in them.
# DEPS names the parts it may include (tests/check_includes.py compares that with the includes);
# LIBS are outside libraries, private to the part. TEST_DEPS and TEST_LIBS are for its tests alone.

find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

function(trireme_target_name part out)
  string(REPLACE "/" "_" name ${part})
  set(${out} trireme_${name} PARENT_SCOPE)
endfunction()

function(trireme_link target visibility)
  foreach(dep IN LISTS ARGN)
    trireme_target_name(${dep} dep_target)
    target_link_libraries(${target} ${visibility} ${dep_target})
  endforeach()
endfunction()

function(trireme_part part)
  cmake_parse_arguments(ARG "PLUGIN;THREADLESS" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS" ${ARGN})
  trireme_target_name(${part} target)
  string(REPLACE "trireme_" "" short ${target})

  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  file(GLOB tests CONFIGURE_DEPENDS *_test.cc)
  file(GLOB fuzzers CONFIGURE_DEPENDS *_fuzz.cc)
  file(GLOB benchmarks CONFIGURE_DEPENDS *_benchmark.cc)
  file(GLOB fakes CONFIGURE_DEPENDS testing/*.cc)
  list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benchmarks})
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(ARG_PLUGIN)
    list(FILTER sources EXCLUDE REGEX "/plugin\\.cc$")
  endif()

  if(sources)
    add_library(${target} STATIC ${sources})
    set(visibility PUBLIC)
    target_link_libraries(${target} PUBLIC trireme_settings)
    if(ARG_LIBS)
      target_link_libraries(${target} PRIVATE ${ARG_LIBS})
    endif()
  else()
    add_library(${target} INTERFACE)
    set(visibility INTERFACE)
    target_link_libraries(${target} INTERFACE trireme_settings)
  endif()
  trireme_link(${target} ${visibility} ${ARG_DEPS})

  if(ARG_PLUGIN)
    # libtrireme_<name>.so, beside the binary; opened with dlopen, never linked.
    get_filename_component(plugin ${part} NAME)
    add_library(${target}_plugin MODULE plugin.cc)
    set_target_properties(${target}_plugin PROPERTIES OUTPUT_NAME trireme_${plugin})
    target_link_libraries(${target}_plugin PRIVATE ${target})
  endif()

  # A fuzzer replays its corpus on one thread; nobody measures what a sanitizer slows down.
  if(TRIREME_SANITIZE STREQUAL "thread")
    set(fuzzers)
    if(ARG_THREADLESS)
      set(tests)
    endif()
  endif()
  if(TRIREME_SANITIZE)
    set(benchmarks)
  endif()

  if(fakes)
    add_library(${target}_testing STATIC ${fakes})
    target_link_libraries(${target}_testing PUBLIC ${target})
    target_link_libraries(${target}_testing PRIVATE ${ARG_LIBS})
    trireme_link(${target}_testing PUBLIC ${ARG_TEST_DEPS})
  endif()

  if(tests)
    add_executable(${short}_test ${tests})
    target_link_libraries(${short}_test PRIVATE ${target} ${ARG_TEST_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
    trireme_link(${short}_test PRIVATE ${ARG_TEST_DEPS})
    if(fakes)
      target_link_libraries(${short}_test PRIVATE ${target}_testing)
    endif()
    add_test(NAME ${short} COMMAND ${short}_test)
    set_tests_properties(${short} PROPERTIES TIMEOUT 300)
  endif()

  foreach(fuzzer IN LISTS fuzzers)
    get_filename_component(name ${fuzzer} NAME_WE)
    add_executable(${name} ${fuzzer})
    target_link_libraries(${name} PRIVATE ${target} ${ARG_TEST_LIBS})
    trireme_link(${name} PRIVATE ${ARG_TEST_DEPS})
    if(fakes)
      target_link_libraries(${name} PRIVATE ${target}_testing)
    endif()
    if(TRIREME_SANITIZE STREQUAL "fuzzer")
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz_replay.cc)
    endif()
    string(REPLACE "_fuzz" "" corpus ${name})
    add_test(NAME ${name} COMMAND ${name} -runs=0 ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${corpus})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endforeach()

  if(benchmarks)
    add_executable(${short}_benchmark ${benchmarks})
    target_link_libraries(${short}_benchmark PRIVATE ${target} ${ARG_TEST_LIBS} benchmark::benchmark benchmark::benchmark_main)
    trireme_link(${short}_benchmark PRIVATE ${ARG_TEST_DEPS})
    if(fakes)
      target_link_libraries(${short}_benchmark PRIVATE ${target}_testing)
    endif()
  endif()
endfunction()
