# SPDX-License-Identifier: Apache-2.0
#
# Installs the SDK alone, without the gateway, into PREFIX. Needs SDK, PREFIX, WORK, CXX, GENERATOR.
file(REMOVE_RECURSE ${PREFIX})
foreach(arguments IN ITEMS "-S;${SDK};-B;${WORK};-G;${GENERATOR};-DCMAKE_CXX_COMPILER=${CXX}"
                           "--install;${WORK};--prefix;${PREFIX}")
  execute_process(COMMAND ${CMAKE_COMMAND} ${arguments} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
