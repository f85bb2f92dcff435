# Each header compiles alone, without a warning, with both compilers.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_SOURCE_DIR}/include/weft/*.hpp)
set(mpi_header weft/distributed/mpi.hpp)
list(REMOVE_ITEM headers ${mpi_header})
if(MPI_CXX_FOUND)
  list(JOIN MPI_CXX_INCLUDE_DIRS " -isystem " mpi_flags)
  separate_arguments(mpi_flags UNIX_COMMAND "-isystem ${mpi_flags} -DOMPI_SKIP_MPICXX")
  weft_check("header alone: ${mpi_header}" ${CMAKE_CXX_COMPILER} -std=c++20 ${weft_flags}
    ${mpi_flags} ${weft_warnings} -Werror -fsyntax-only -include ${mpi_header} -x c++ /dev/null)
else()
  weft_check("header alone: ${mpi_header}" sh -c "echo MPI is not installed; exit 77")
endif()
foreach(header ${headers})
  weft_check("header alone: ${header}" ${CMAKE_CXX_COMPILER} -std=c++20 ${weft_flags}
    ${weft_warnings} -Werror -fsyntax-only -include ${header} -x c++ /dev/null)
  if(WEFT_CLANG)
    weft_check("header alone, clang-19: ${header}" ${weft_clang} -std=c++20 ${weft_flags}
      ${weft_warnings} -Werror -fsyntax-only -include ${header} -x c++ /dev/null)
  endif()
endforeach()
if(NOT WEFT_CLANG)
  weft_check("header alone, clang-19" sh -c "echo clang++-19 is not installed; exit 77")
endif()
