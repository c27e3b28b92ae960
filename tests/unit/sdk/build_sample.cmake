# SPDX-License-Identifier: Apache-2.0
#
# Installs the SDK alone into a prefix and builds a copy of the sample against it, with strict
# warnings. Needs SDK, SAMPLE, WORK, CXX and GENERATOR.
file(REMOVE_RECURSE ${WORK})
file(COPY ${SAMPLE}/ DESTINATION ${WORK}/source)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} -S ${SDK} -B ${WORK}/sdk -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX})
run(${CMAKE_COMMAND} --install ${WORK}/sdk --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${WORK}/source -B ${WORK}/build -G ${GENERATOR}
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_PREFIX_PATH=${WORK}/prefix
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Werror")
run(${CMAKE_COMMAND} --build ${WORK}/build)
if(NOT EXISTS ${WORK}/build/ping_pong.so)
  message(FATAL_ERROR "the build made no ping_pong.so")
endif()
