# Finds SOCI, which brings no CMake package of its own in Debian.
#   SOCI::core, SOCI::sqlite3, SOCI::postgresql, SOCI::mysql
find_path(SOCI_INCLUDE_DIR soci/soci.h)
find_library(SOCI_CORE_LIBRARY soci_core)
foreach(backend SQLITE3 POSTGRESQL MYSQL)
  string(TOLOWER ${backend} name)
  find_library(SOCI_${backend}_LIBRARY soci_${name})
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SOCI REQUIRED_VARS SOCI_INCLUDE_DIR SOCI_CORE_LIBRARY
                                                     SOCI_SQLITE3_LIBRARY
                                                     SOCI_POSTGRESQL_LIBRARY SOCI_MYSQL_LIBRARY)
if(SOCI_FOUND AND NOT TARGET SOCI::core)
  # Its headers include one another without the leading folder.
  add_library(SOCI::core UNKNOWN IMPORTED)
  set_target_properties(SOCI::core PROPERTIES
    IMPORTED_LOCATION "${SOCI_CORE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${SOCI_INCLUDE_DIR};${SOCI_INCLUDE_DIR}/soci")
  foreach(backend SQLITE3 POSTGRESQL MYSQL)
    string(TOLOWER ${backend} name)
    add_library(SOCI::${name} UNKNOWN IMPORTED)
    set_target_properties(SOCI::${name} PROPERTIES
      IMPORTED_LOCATION "${SOCI_${backend}_LIBRARY}" INTERFACE_LINK_LIBRARIES SOCI::core)
  endforeach()
endif()
mark_as_advanced(SOCI_INCLUDE_DIR SOCI_CORE_LIBRARY SOCI_SQLITE3_LIBRARY SOCI_POSTGRESQL_LIBRARY
                 SOCI_MYSQL_LIBRARY)
