# Run at every build (not only at configure time, when the revision may be another one).
execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY ${SOURCE_DIR}
  OUTPUT_VARIABLE GIT_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  # What `git archive` made knows it from there.
  file(STRINGS ${SOURCE_DIR}/cmake/revision.txt GIT_REVISION REGEX "^[0-9a-f]+$")
endif()
if(NOT GIT_REVISION)
  set(GIT_REVISION unknown)
endif()
execute_process(COMMAND git diff --quiet HEAD -- WORKING_DIRECTORY ${SOURCE_DIR}
  ERROR_QUIET RESULT_VARIABLE differs)
if(differs EQUAL 1)
  set(GIT_DIRTY true)
else()
  set(GIT_DIRTY false)
endif()
configure_file(${SOURCE_DIR}/support/build_info.cpp.in ${OUTPUT} @ONLY)
