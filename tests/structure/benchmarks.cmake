# Each benchmark compiles, without the libraries it is compared with; no test runs one.
find_path(weft_google_benchmark benchmark/benchmark.h)
find_path(weft_cli11 CLI/CLI.hpp)
file(GLOB benchmarks CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/benchmarks/*.cpp ${PROJECT_SOURCE_DIR}/benchmarks/compare/*.cpp)
foreach(source ${benchmarks})
  set(path ${PROJECT_SOURCE_DIR}/${source})
  file(STRINGS ${path} uses_google_benchmark REGEX "<benchmark/benchmark.h>")
  file(STRINGS ${path} uses_mpi REGEX "<weft/distributed/mpi.hpp>")
  file(STRINGS ${path} uses_cli11 REGEX "<CLI/CLI.hpp>")
  if(uses_google_benchmark AND NOT weft_google_benchmark)
    weft_check("it compiles: ${source}" sh -c "echo Google Benchmark is not installed; exit 77")
  elseif(uses_cli11 AND NOT weft_cli11)
    weft_check("it compiles: ${source}" sh -c "echo CLI11 is not installed; exit 77")
  elseif(uses_mpi AND NOT MPI_CXX_FOUND)
    weft_check("it compiles: ${source}" sh -c "echo MPI is not installed; exit 77")
  else()
    weft_check("it compiles: ${source}" ${CMAKE_CXX_COMPILER} -std=c++20 ${weft_flags}
      ${weft_warnings} -Werror ${mpi_flags} -I ${PROJECT_SOURCE_DIR}
      -I ${PROJECT_SOURCE_DIR}/examples -fopenmp -fsyntax-only ${path})
  endif()
endforeach()
