# SPDX-License-Identifier: Apache-2.0
#
# Builds a copy of a sample against an installed SDK, with strict warnings, and runs its own tests.
# Needs SAMPLE, PREFIX, WORK, FLAGS, CXX and GENERATOR. The plugin is WORK/build/<its folder>.so.
file(REMOVE_RECURSE ${WORK}/source)
file(COPY ${SAMPLE}/ DESTINATION ${WORK}/source)
get_filename_component(plugin ${SAMPLE} NAME)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} -S ${WORK}/source -B ${WORK}/build -G ${GENERATOR}
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}
    -DCMAKE_PREFIX_PATH=${PREFIX}
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Werror ${FLAGS}")
run(${CMAKE_COMMAND} --build ${WORK}/build)
if(NOT EXISTS ${WORK}/build/${plugin}.so)
  message(FATAL_ERROR "the build made no ${plugin}.so")
endif()
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure)
