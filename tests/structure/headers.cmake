# Each header compiles alone, without a warning, with both compilers.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_SOURCE_DIR}/include/weft/*.hpp)
foreach(header ${headers})
  weft_check("header alone: ${header}" ${CMAKE_CXX_COMPILER} -std=c++20 ${weft_flags}
    ${weft_warnings} -Werror -fsyntax-only -include ${header} -x c++ /dev/null)
  if(WEFT_CLANG)
    weft_check("header alone, clang-19: ${header}" ${WEFT_CLANG} -std=c++20 ${weft_flags}
      ${weft_warnings} -Werror -fsyntax-only -include ${header} -x c++ /dev/null)
  endif()
endforeach()
if(NOT WEFT_CLANG)
  weft_check("header alone, clang-19" sh -c "echo clang++-19 is not installed; exit 77")
endif()
