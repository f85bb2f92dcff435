# The library built in other ways than this build: other instruction sets, no optimisation, no
# OpenMP, another compiler, a newer xsimd, sanitizers. results.cpp, a selection of everything, is
# built in each of them by default; every test is with tests/run --full.

set(here ${CMAKE_CURRENT_LIST_DIR})

# weft_results(<name> <function> <flags>...): results.cpp as an object library.
function(weft_results name function)
  add_library(results_${name} OBJECT ${here}/results.cpp)
  target_link_libraries(results_${name} PRIVATE weft_test_options)
  target_compile_definitions(results_${name} PRIVATE WEFT_VARIANT=${function})
  target_compile_options(results_${name} PRIVATE ${ARGN})
endfunction()

# weft_print(<name> <flags>...): a program that prints what such a build computes.
function(weft_print name)
  weft_results(${name} results ${ARGN})
  add_executable(print_${name} ${here}/print.cpp)
  target_link_libraries(print_${name} PRIVATE weft_test_options results_${name})
  target_link_options(print_${name} PRIVATE ${ARGN})
endfunction()

# The same bits for any number of threads, at every level of optimisation.
weft_print(O2 -O2)
weft_print(O0 -O0)
weft_print(serial -O2 -fno-openmp)
weft_check("variants: the same bits for any threads, without OpenMP, and at -O0" ${here}/same_bits
  $<TARGET_FILE:print_O2> $<TARGET_FILE:print_serial> $<TARGET_FILE:print_O0>)

# Without the check of use after scope, which takes g++ 12 seven times as long to compile.
weft_print(sanitize -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all
  -fno-sanitize-address-use-after-scope)
weft_check("variants: nothing to find for the sanitizers" print_sanitize "sanitizers")

set(compile ${CMAKE_CURRENT_BINARY_DIR}/variants)
if(WEFT_CLANG)
  weft_check("variants: clang-19" ${here}/compile_and_run ${compile}/clang "clang-19"
    ${weft_clang} ${weft_flags} -O2 -fopenmp)
else()
  weft_check("variants: clang-19" sh -c "echo clang++-19 is not installed; exit 77")
endif()
if(WEFT_CLANG)
  weft_check("variants: no race for ThreadSanitizer" ${here}/threads ${compile}/threads
    ${weft_clang} ${weft_flags})
else()
  weft_check("variants: no race for ThreadSanitizer"
    sh -c "echo clang++-19 is not installed; exit 77")
endif()
set(newer ${PROJECT_BINARY_DIR}/newer_headers)
weft_check("variants: xsimd of Debian 13" ${here}/with_newer_headers ${newer}
  ${here}/compile_and_run ${compile}/newer_headers "xsimd of Debian 13"
  ${CMAKE_CXX_COMPILER} ${weft_flags} -O2 -isystem ${newer}/usr/include)

# Three instruction sets in one program, one of them in two ways, and every test for each of them.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  weft_results(sse4_2 sse4_2 -march=x86-64-v2)
  weft_results(avx2 avx2 -march=x86-64-v3)
  weft_results(avx512 avx512 -march=x86-64-v4)
  weft_results(avx512_in_halves avx512_in_halves -march=x86-64-v4 -DWEFT_HALF_REGISTERS=1)
  weft_test(test_instruction_sets variants SOURCES ${here}/instruction_sets.cpp)
  target_link_libraries(test_instruction_sets PRIVATE results_sse4_2 results_avx2 results_avx512
    results_avx512_in_halves)
endif()

# weft_suite(<name> <CMake options>...): every test once more, in a build of its own, run behind the
# words in `before`.
function(weft_suite name)
  weft_check("every test: ${name}" ${before} ${here}/suite ${PROJECT_SOURCE_DIR}
    ${PROJECT_BINARY_DIR}/suites/${name} ${ARGN})
  set_tests_properties("every test: ${name}" PROPERTIES LABELS full RUN_SERIAL ON TIMEOUT 7200)
endfunction()
set(release -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER})
weft_suite(serial ${release} -D CMAKE_CXX_FLAGS=-march=native -D WEFT_SERIAL=ON)
weft_suite(debug --preset debug)
weft_suite(sanitize --preset sanitize)
set(before ${here}/with_newer_headers ${newer})
weft_suite(newer_headers ${release} -D CMAKE_CXX_FLAGS=-march=native
  -D CMAKE_PREFIX_PATH=${newer}/usr)
set(before)
if(WEFT_CLANG)
  weft_suite(clang -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_COMPILER=${WEFT_CLANG}
    -D CMAKE_CXX_FLAGS=-march=native)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  foreach(level 2 3 4)
    weft_suite(x86-64-v${level} ${release} -D CMAKE_CXX_FLAGS=-march=x86-64-v${level})
  endforeach()
  weft_suite(half_registers ${release}
    -D "CMAKE_CXX_FLAGS=-march=x86-64-v4 -DWEFT_HALF_REGISTERS=1")
endif()
