# What `make install` puts where: the programs with their man pages and completions, and the library
# with its headers, a CMake package and a pkg-config file, for programs with protocols of their own
# (docs/examples/own_protocol).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# One archive of all folders. Their targets stay apart in the build, where each sees only what it
# may include; for a stranger that is no concern.
set(folders wire os endpoint classic protocols carriers cli apps bench_lib verification)
add_library(minitalk STATIC)
set_target_properties(minitalk PROPERTIES LINKER_LANGUAGE CXX)
foreach(folder ${folders})
  target_sources(minitalk PRIVATE $<TARGET_OBJECTS:minitalk_${folder}>)
endforeach()
target_include_directories(minitalk
  INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/minitalk>)
target_compile_features(minitalk INTERFACE cxx_std_20)
target_link_libraries(minitalk INTERFACE fmt::fmt benchmark::benchmark Boost::context)

# The component is what the Debian package has (packaging/cmake/package.cmake).
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME programs)
install(TARGETS minitalk-carrier minitalk-bench minitalk-verify)
# `server` and `client` would be rude names in a folder that everybody shares.
foreach(end server client)
  install(PROGRAMS $<TARGET_FILE:${end}> DESTINATION ${CMAKE_INSTALL_BINDIR} RENAME minitalk-${end})
endforeach()
# The scripts as they are, and a program for each that people call in their own folder.
set(scripts ${CMAKE_INSTALL_DATADIR}/minitalk)
install(DIRECTORY scripts DESTINATION ${scripts} USE_SOURCE_PERMISSIONS
        PATTERN __pycache__ EXCLUDE)
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
foreach(program server client bench verify carrier grade interop report)
  set(link ${PROJECT_BINARY_DIR}/generated/completions/minitalk-${program})
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/completions)
  file(CREATE_LINK minitalk ${link} SYMBOLIC)
  install(FILES ${link} DESTINATION ${bash_completions})
endforeach()
install(FILES packaging/completions/_minitalk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME library)
install(TARGETS minitalk EXPORT minitalk)
install(FILES apps/programs.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minitalk/apps)
install(FILES bench/program.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minitalk/bench)
install(FILES verify/program.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minitalk/verify)
install(FILES protocols/registry.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minitalk/protocols)
install(DIRECTORY core/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/minitalk/core
        FILES_MATCHING PATTERN *.h)

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
configure_file(packaging/cmake/minitalk.pc.in generated/minitalk.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/generated/minitalk.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)
