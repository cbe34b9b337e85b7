# SPDX-License-Identifier: Apache-2.0
# make install: library, headers, program, manual page, completion, pkg-config and CMake package files.
include(CMakePackageConfigHelpers)

install(TARGETS bulwark EXPORT bulwark LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS bulwark_cli DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/bulwark DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES python/bulwark_export.py DESTINATION ${CMAKE_INSTALL_DATADIR}/bulwark)

# Relative, because `cmake --install --prefix` decides where it all goes.
file(RELATIVE_PATH BW_PC_TO_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/bulwark.pc.in bulwark.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulwark.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/bulwark)
install(EXPORT bulwark NAMESPACE bulwark:: FILE bulwarkConfig.cmake DESTINATION ${package_folder})
write_basic_package_version_file(bulwarkConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulwarkConfigVersion.cmake DESTINATION ${package_folder})

# The program knows its own manual page and completions.
add_custom_command(
  OUTPUT bulwark.1 bulwark.bash bulwark.fish
  COMMAND bulwark_cli man > bulwark.1
  COMMAND bulwark_cli completion bash > bulwark.bash
  COMMAND bulwark_cli completion fish > bulwark.fish
  DEPENDS bulwark_cli VERBATIM)
add_custom_target(manual ALL DEPENDS bulwark.1 bulwark.bash bulwark.fish)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulwark.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulwark.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME bulwark)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/bulwark.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
