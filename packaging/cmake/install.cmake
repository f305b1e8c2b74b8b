# What `make install` puts where: the programs with their man pages and completions, and the
# library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# ---- The programs

# The component is what the Debian package has (packaging/cmake/package.cmake).
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME programs)
install(TARGETS minitalk-carrier minitalk-bench minitalk-verify minitalk-pair minitalk-explore
                minitalk-kernel-check)
install(TARGETS reference-server reference-client
        DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/minitalk)
# `server` and `client` alone would be too general in a folder that everybody shares.
foreach(end server client)
  install(PROGRAMS $<TARGET_FILE:${end}> DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME minitalk-${end})
endforeach()
# The scripts as they are, and a program for each that people call in their own folder.
set(scripts ${CMAKE_INSTALL_DATADIR}/minitalk)
install(FILES results/bench.schema.json DESTINATION ${scripts}/results)
install(DIRECTORY scripts DESTINATION ${scripts} USE_SOURCE_PERMISSIONS
        PATTERN __pycache__ EXCLUDE PATTERN .mypy_cache EXCLUDE)
file(RELATIVE_PATH scripts_from_bin /${CMAKE_INSTALL_BINDIR} /${scripts}/scripts)
configure_file(packaging/cmake/launcher.sh.in generated/launcher.sh @ONLY)
foreach(script grade interop report)
  install(PROGRAMS ${PROJECT_BINARY_DIR}/generated/launcher.sh
          DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME minitalk-${script})
endforeach()
foreach(section 1 7)
  file(GLOB pages CONFIGURE_DEPENDS packaging/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
# Bash looks for a file of the name of the program.
set(bash_completions ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES packaging/completions/minitalk.bash DESTINATION ${bash_completions} RENAME minitalk)
foreach(program server client bench verify carrier pair explore kernel-check grade interop report)
  set(link ${PROJECT_BINARY_DIR}/generated/completions/minitalk-${program})
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/completions)
  file(CREATE_LINK minitalk ${link} SYMBOLIC)
  install(FILES ${link} DESTINATION ${bash_completions})
endforeach()
install(FILES packaging/completions/_minitalk
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)

# ---- The library

# For programs with protocols of their own (docs/examples/own_protocol): three parts with the
# headers that are public, a CMake package and pkg-config files.
#
#   minitalk::core     protocols, and the server and the client as functions; needs fmt
#   minitalk::bench    the runner; needs Google Benchmark, too
#   minitalk::verify   the explorer; needs Boost.Context, too
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/minitalk)

# minitalk_part(NAME LIBRARY FOLDERS target... HEADERS file... LINKS library...): an archive of the
# folders' targets, which stay apart in the build, where each sees only what it may include; for a
# stranger that is no concern.
function(minitalk_part name library)
  cmake_parse_arguments(PARSE_ARGV 2 part "" "" "FOLDERS;HEADERS;LINKS")
  set(target minitalk_part_${name})
  add_library(${target} STATIC)
  add_library(minitalk::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME ${name}
                                             OUTPUT_NAME ${library})
  foreach(folder ${part_FOLDERS})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:minitalk_${folder}>)
  endforeach()
  target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
                                     FILES ${part_HEADERS})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_link_libraries(${target} INTERFACE ${part_LINKS})
  install(TARGETS ${target} EXPORT minitalk FILE_SET HEADERS DESTINATION ${headers})
endfunction()

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)
minitalk_part(core minitalk
  FOLDERS wire os endpoint protocols classic cli apps
  HEADERS core/wire/bits.h core/wire/link.h core/wire/protocol.h core/wire/rounds.h
          core/wire/signal.h core/wire/status.h core/wire/stop_and_wait.h core/wire/threads.h
          protocols/registry.h apps/programs.h
  LINKS fmt::fmt)
minitalk_part(bench minitalk-bench
  FOLDERS pairs carriers bench_lib
  HEADERS bench/program.h
  LINKS minitalk::core benchmark::benchmark)
minitalk_part(verify minitalk-verify
  FOLDERS verification
  HEADERS verify/program.h
  LINKS minitalk::core Boost::context)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/minitalk)
install(EXPORT minitalk NAMESPACE minitalk:: FILE minitalkTargets.cmake DESTINATION ${package})
configure_package_config_file(packaging/cmake/minitalkConfig.cmake.in generated/minitalkConfig.cmake
                              INSTALL_DESTINATION ${package})
# Before 1.0 each minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/minitalkConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/minitalkConfig.cmake
              ${PROJECT_BINARY_DIR}/generated/minitalkConfigVersion.cmake
        DESTINATION ${package})

file(RELATIVE_PATH prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
function(minitalk_pkg_config library requires libs)
  # The paths are relative to the file, so that the tree can be moved.
  file(CONFIGURE OUTPUT generated/${library}.pc @ONLY CONTENT [[
prefix=${pcfiledir}/@prefix_from_pc@
libdir=${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=${prefix}/@CMAKE_INSTALL_INCLUDEDIR@

Name: @library@
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Requires: @requires@
Cflags: -std=c++20 -I${includedir}/minitalk
Libs: -L${libdir} @libs@
]])
  install(FILES ${PROJECT_BINARY_DIR}/generated/${library}.pc
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
minitalk_pkg_config(minitalk "fmt" "-lminitalk")
minitalk_pkg_config(minitalk-bench "minitalk benchmark" "-lminitalk-bench")
minitalk_pkg_config(minitalk-verify "minitalk" "-lminitalk-verify -lboost_context")
unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)
