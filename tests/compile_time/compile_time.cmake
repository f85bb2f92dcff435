# The only tests that time anything, so nothing else runs beside them.
list(JOIN weft_flags " " flags)
weft_test(test_compile_time "compile time" SOURCES ${CMAKE_CURRENT_LIST_DIR}/budgets.cpp
  PROPERTIES RUN_SERIAL ON LABELS structure)
target_compile_definitions(test_compile_time PRIVATE
  WEFT_COMPILE="${CMAKE_CXX_COMPILER} -std=c++20 ${flags}")

# Where the headers are that the examples use; they may have been downloaded.
if(TARGET experiment)
  set(folders $<FILTER:$<TARGET_PROPERTY:experiment,INCLUDE_DIRECTORIES>,EXCLUDE,^/usr/include$>)
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/example_flags CONTENT
    "-I${PROJECT_SOURCE_DIR}/examples -DEXAMPLE_FOLDER=\\\"\\\"\n-isystem $<JOIN:${folders},\n-isystem >\n")
  target_compile_definitions(test_compile_time PRIVATE
    WEFT_EXAMPLE_FLAGS="@${CMAKE_CURRENT_BINARY_DIR}/example_flags")
endif()
