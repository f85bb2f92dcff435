# Programs that must not compile, and how the compiler says so; see check.
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
foreach(case ${cases})
  cmake_path(GET case STEM name)
  weft_check("compile_fail: ${name}" ${CMAKE_CURRENT_LIST_DIR}/check ${case}
    ${CMAKE_CXX_COMPILER} -std=c++20 ${weft_flags})
  if(WEFT_CLANG)
    weft_check("compile_fail, clang-19: ${name}" ${CMAKE_CURRENT_LIST_DIR}/check ${case}
      ${weft_clang} -std=c++20 ${weft_flags})
  endif()
endforeach()
