# Runs in CPack, between installing into a tree and packing that: makes of it what Debian's policy
# asks for. Man pages and changelogs are compressed, programs stripped, the terms and the changelog
# have their places, and so has what zsh loads.
set(usr ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
get_filename_component(source ${CPACK_RESOURCE_FILE_LICENSE} DIRECTORY)
set(doc ${usr}/share/doc/${CPACK_PACKAGE_NAME})
set(full_version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

file(GLOB programs ${usr}/bin/* ${usr}/libexec/minitalk/*)
list(FILTER programs EXCLUDE REGEX "/minitalk-(grade|interop|report)$")  # scripts
execute_process(COMMAND strip --strip-unneeded --remove-section=.comment ${programs}
                COMMAND_ERROR_IS_FATAL ANY)

# By the text of LICENSE, of which there is no second copy.
file(READ ${source}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)" ignored "${license}")
set(holder "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*Copyright[^\n]+\n\n" "" license "${license}")
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(REGEX REPLACE "\n$" "" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
file(WRITE ${doc}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: minitalk

Files: *
Copyright: ${holder}
License: Expat

License: Expat
 ${license}
")

# What changed is told in the project's own changelog, which is packed beside this.
file(TIMESTAMP ${source}/CHANGELOG.md date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog.Debian
"${CPACK_PACKAGE_NAME} (${full_version}) unstable; urgency=medium

  * As the project's changelog tells: changelog.gz.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(COPY_FILE ${source}/CHANGELOG.md ${doc}/changelog)

file(GLOB to_compress ${usr}/share/man/man*/* ${doc}/changelog ${doc}/changelog.Debian)
execute_process(COMMAND gzip -9n ${to_compress} COMMAND_ERROR_IS_FATAL ANY)

file(RENAME ${usr}/share/zsh/site-functions ${usr}/share/zsh/vendor-completions)
file(GLOB_RECURSE files ${usr}/share/*)
file(CHMOD ${files} PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
