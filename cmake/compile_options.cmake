# Warnings and sanitizers for our own code, in one INTERFACE target that every target of ours links,
# and which CPU all is compiled for.
set(CORESWEEP_SANITIZE ""
  CACHE STRING "empty, address, thread or fuzz: what our own code is instrumented with")
set_property(CACHE CORESWEEP_SANITIZE PROPERTY STRINGS "" address thread fuzz)

add_library(coresweep_options INTERFACE)
target_compile_options(coresweep_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wcast-align
  -Woverloaded-virtual -Wunused -Werror)
target_include_directories(coresweep_options INTERFACE ${PROJECT_SOURCE_DIR})

if(CORESWEEP_SANITIZE STREQUAL "address")
  # What AddressSanitizer ends all the same need not be asked at every access, nor what -Wcast-align
  # and the fuzz targets watch: each is a fifth to a quarter of compiling.
  set(sanitize -fsanitize=address,undefined -fno-sanitize=null,object-size,vptr,alignment
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(CORESWEEP_SANITIZE STREQUAL "fuzz")  # clang's: libFuzzer's counters too
  set(sanitize -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
elseif(CORESWEEP_SANITIZE STREQUAL "thread")
  # GCC warns that ThreadSanitizer does not model atomic_thread_fence, which Asio uses.
  set(sanitize -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
elseif(NOT CORESWEEP_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "CORESWEEP_SANITIZE is '${CORESWEEP_SANITIZE}': allowed are address, thread, fuzz or empty")
endif()
target_compile_options(coresweep_options INTERFACE ${sanitize})
target_link_options(coresweep_options INTERFACE ${sanitize})

# Of all that is compiled here, others' sources too. A program for one CPU may not run on another.
set(CORESWEEP_CPU ""
  CACHE STRING "empty, or what -mcpu names: neoverse-n1 is Graviton 2's, and later ones run it")
if(CORESWEEP_CPU)
  include(CheckCXXCompilerFlag)
  set(works "CORESWEEP_HAS_MCPU_${CORESWEEP_CPU}")  # not what was found for another
  check_cxx_compiler_flag(-mcpu=${CORESWEEP_CPU} ${works})
  if(NOT ${works})
    message(FATAL_ERROR "CORESWEEP_CPU is '${CORESWEEP_CPU}': allowed are empty and what \
${CMAKE_CXX_COMPILER} takes behind -mcpu=, without a warning")
  endif()
  add_compile_options(-mcpu=${CORESWEEP_CPU})
  add_link_options(-mcpu=${CORESWEEP_CPU})  # where link-time optimisation generates the code
endif()

# coresweep_precompile(TARGET HEADERS...): others' headers that most of its files include, read
# once. Each file names what it uses all the same. GCC then takes the insides of these headers for
# ours, so what it concludes from the flow of data there is no error.
function(coresweep_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-error=array-bounds
    -Wno-error=free-nonheap-object -Wno-error=maybe-uninitialized -Wno-error=restrict
    -Wno-error=stringop-overflow -Wno-error=stringop-overread>)
endfunction()

# Most of compiling a file is what it includes and what it makes of templates: files compile
# together, 40 of them where a sanitizer is, 18 where somebody waits for a change of one.
set(CORESWEEP_FILES_AT_ONCE 18)
if(CORESWEEP_SANITIZE)
  set(CORESWEEP_FILES_AT_ONCE 40)
endif()

# coresweep_unify(TARGET [FILES...]): its files do so, but for FILES, whose private names are
# others' too.
function(coresweep_unify target)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${CORESWEEP_FILES_AT_ONCE})
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# coresweep_unify_sanitized(TARGET [FILES...]): under a sanitizer only: what is measured is not
# built so.
function(coresweep_unify_sanitized target)
  if(CORESWEEP_SANITIZE AND TARGET ${target})
    coresweep_unify(${target} ${ARGN})
  endif()
endfunction()

add_custom_target(unit_tests)

# coresweep_test(TARGET SOURCES... LIBRARIES...): one GoogleTest program a folder.
function(coresweep_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(unit_tests ${name})
  set_target_properties(${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE OFF)
  target_link_libraries(${name} PRIVATE coresweep_options ${arg_LIBRARIES} GTest::gmock_main)
  coresweep_precompile(${name} <gmock/gmock.h> <gtest/gtest.h>)
  # What is tested is optimised; the tests themselves compile in half the time without.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
  if(CORESWEEP_SANITIZE)  # starting such a program takes longer than most of its tests
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES COST 200)  # the longest: else one is alone at the end
  else()
    # At test time, not at build time, so that a cross-compiled program is not started by the build.
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# coresweep_bench(TARGET SOURCES... LIBRARIES...): one google-benchmark program a folder; no test.
function(coresweep_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name}
    PRIVATE coresweep_options ${arg_LIBRARIES} benchmark::benchmark_main)
endfunction()
