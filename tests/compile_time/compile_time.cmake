# The only tests that time anything, so nothing else runs beside them.
list(JOIN weft_flags " " flags)
weft_test(test_compile_time "compile time" SOURCES ${CMAKE_CURRENT_LIST_DIR}/budgets.cpp
  PROPERTIES RUN_SERIAL ON LABELS structure)
target_compile_definitions(test_compile_time PRIVATE
  WEFT_COMPILE="${CMAKE_CXX_COMPILER} -std=c++20 ${flags}")
