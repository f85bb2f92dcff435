# A user's project, built in the three ways there are.
foreach(how installed subdirectory plain)
  weft_check("consumer: ${how}" ${CMAKE_CURRENT_LIST_DIR}/check ${how} ${PROJECT_SOURCE_DIR}
    ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/consumers/${how} ${CMAKE_CXX_COMPILER})
endforeach()
