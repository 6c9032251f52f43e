# One room: a static library rcs_<name> with an exact link list, its tests and its fuzzers.
#
#   rcs_room(NAME sip
#     SOURCES uri.cpp ...             # empty: a header-only room
#     USES core node                  # rooms that its headers or sources include
#     PRIVATE PkgConfig::sofia        # third party, used in .cpp files only
#     TESTS uri_test ...              # tests/<room>/<name>.cpp
#     TEST_USES ...                   # further rooms the tests alone need
#     FUZZERS sip_codec ...)          # tests/fuzz/<name>_fuzz.cpp
add_library(rcs_options INTERFACE)
target_compile_options(rcs_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wconversion
  -Wno-sign-conversion -Wno-missing-field-initializers)
# An error only where every warning has been looked at: a newer compiler that warns of more must not keep its user from building.
if(RCS_WERROR AND NOT (CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13))
  target_compile_options(rcs_options INTERFACE -Werror)
endif()
# g++ 12 warns falsely about overlapping copies in std::string when it optimises (GCC bug 105329).
target_compile_options(rcs_options INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release,RelWithDebInfo>>:-Wno-restrict>)
target_include_directories(rcs_options INTERFACE ${PROJECT_SOURCE_DIR}/lib)
if(RCS_SANITIZE)
  target_compile_options(rcs_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)  # g++ 12 warns falsely inside <regex> when instrumented
  target_link_options(rcs_options INTERFACE -fsanitize=address,undefined)
endif()
if(RCS_TSAN)
  target_compile_options(rcs_options INTERFACE -fsanitize=thread)
  target_link_options(rcs_options INTERFACE -fsanitize=thread)
endif()

if(BUILD_TESTING)
  add_library(rcs_test_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/main.cpp)
  target_include_directories(rcs_test_main PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(rcs_test_main PUBLIC rcs_options Catch2::Catch2)
  target_compile_definitions(rcs_test_main PUBLIC RCS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endif()

# A test executable of one or more sources, registered case by case so that ctest -R finds a rule id.
function(rcs_test_binary name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE rcs_test_main ${arg_LINKS})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  catch_discover_tests(${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 300)
endfunction()

function(rcs_room)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;USES;PRIVATE;TESTS;TEST_USES;FUZZERS" ${ARGN})
  set(target rcs_${arg_NAME})
  list(TRANSFORM arg_USES PREPEND rcs_)
  list(TRANSFORM arg_TEST_USES PREPEND rcs_)
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC rcs_options ${arg_USES} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE rcs_options ${arg_USES})
  endif()
  add_library(rcs::${arg_NAME} ALIAS ${target})
  if(BUILD_TESTING AND arg_TESTS)
    set(sources)
    foreach(test ${arg_TESTS})
      list(APPEND sources ${PROJECT_SOURCE_DIR}/tests/${arg_NAME}/${test}.cpp)
    endforeach()
    rcs_test_binary(${arg_NAME}_test SOURCES ${sources} LINKS ${target} ${arg_TEST_USES})
  endif()
  if(BUILD_TESTING)
    foreach(fuzzer ${arg_FUZZERS})
      rcs_fuzzer(${fuzzer} ${target})
    endforeach()
  endif()
endfunction()

# A fuzz target: LLVMFuzzerTestOneInput in tests/fuzz/<name>_fuzz.cpp. With clang and RCS_LIBFUZZER it is a libFuzzer binary,
# otherwise a driver of our own mutates the corpus from a seed, so that every build runs a short smoke of it.
option(RCS_LIBFUZZER "Link fuzzers with libFuzzer (clang)" OFF)
function(rcs_fuzzer name target)
  add_executable(${name}_fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cpp)
  target_link_libraries(${name}_fuzz PRIVATE rcs_options ${target})
  if(RCS_LIBFUZZER)
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/driver.cpp)
  endif()
  set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  if(NOT RCS_LIBFUZZER)
    add_test(NAME fuzz_${name} COMMAND ${name}_fuzz --runs 20000 --seed 1 ${PROJECT_SOURCE_DIR}/tests/data/${name})
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()
