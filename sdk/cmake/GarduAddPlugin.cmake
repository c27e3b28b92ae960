# SPDX-License-Identifier: Apache-2.0
#
# gardu_add_plugin(<id> SOURCES file… [SCHEMA settings.schema.json])
#
# Makes the module <id>.so out of the sources and the settings' JSON Schema: only the two symbols of
# the contract are visible, unresolved ones fail the link, and nothing keeps a copy from being mapped
# beside an older one.

function(gardu_add_plugin id)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCHEMA" "SOURCES")
  if(NOT id MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "gardu_add_plugin: '${id}' is no plugin id (^[a-z][a-z0-9_]*$)")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "gardu_add_plugin(${id}): no SOURCES")
  endif()
  add_library(${id} MODULE ${arg_SOURCES})
  target_link_libraries(${id} PRIVATE gardu::sdk)
  set_target_properties(${id} PROPERTIES
    PREFIX "" OUTPUT_NAME "${id}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${id} PRIVATE -fno-gnu-unique)
  endif()
  target_link_options(${id} PRIVATE
    "-Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map" -Wl,-z,now -Wl,-z,relro)
  # A sanitizer's runtime is in the host alone, so its symbols stay open in a plugin.
  if(NOT "${CMAKE_CXX_FLAGS} ${GARDU_SANITIZE}" MATCHES "sanitize|address|thread")
    target_link_options(${id} PRIVATE -Wl,-z,defs)
  endif()
  set_property(TARGET ${id} APPEND PROPERTY LINK_DEPENDS "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  if(arg_SCHEMA)
    get_filename_component(schema "${arg_SCHEMA}" ABSOLUTE)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/${id}.schema.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT
      "// Puts the settings' JSON Schema into its own section of the module.\n__asm__(\".pushsection .gardu_schema,\\\"a\\\",@progbits\\n.incbin \\\"${schema}\\\"\\n.popsection\\n\");\n")
    set_source_files_properties("${source}" PROPERTIES OBJECT_DEPENDS "${schema}"
                                SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(${id} PRIVATE "${source}")
  endif()
endfunction()
