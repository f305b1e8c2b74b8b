# What `make install` puts where: the programs with their man pages and completions; the library is
# in library.cmake.
include(GNUInstallDirs)

# The component is what the Debian package has (packaging/cmake/package.cmake).
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME programs)
install(TARGETS minitalk-carrier minitalk-bench minitalk-verify minitalk-pair)
install(TARGETS reference-server reference-client
        DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/minitalk)
# `server` and `client` would be rude names in a folder that everybody shares.
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
foreach(program server client bench verify carrier pair grade interop report)
  set(link ${PROJECT_BINARY_DIR}/generated/completions/minitalk-${program})
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/completions)
  file(CREATE_LINK minitalk ${link} SYMBOLIC)
  install(FILES ${link} DESTINATION ${bash_completions})
endforeach()
install(FILES packaging/completions/_minitalk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)

unset(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME)
