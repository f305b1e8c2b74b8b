# `make deb`: a Debian package of the programs, their man pages and completions.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME minitalk)
set(CPACK_PACKAGE_CONTACT "The minitalk maintainers <root@localhost>"
    CACHE STRING "Whom the Debian package names as its maintainer")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "processes that talk with nothing but SIGUSR1 and SIGUSR2")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A server and a client that carry messages of any length by two UNIX signals
and lose nothing, and a laboratory around them: minitalk-bench measures every
way of doing it, minitalk-verify explores every schedule of every protocol
and shows which can lose a bit, minitalk-carrier does the same over a pipe, a
queue or shared memory, to compare with. minitalk-grade judges anybody's pair,
minitalk-interop tries pairs against each other, minitalk-report makes a page
of a measurement. minitalk-kernel-check asks a kernel whether its signals are
as on Linux.")
# The library stays out: it is for building against, from the sources.
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};minitalk;programs;/")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/cmake/debian.cmake)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # Depends, as dpkg-shlibdeps finds them
# For minitalk-grade, -interop and -report, the latter two of which draw.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3 (>= 3.10), python3-rich")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-jinja2, python3-jsonschema, python3-matplotlib, python3-numpy")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, make, procps, strace, util-linux, valgrind")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
