# Bundles the page into page.cpp, a source of mqttzoo_admin. `npm ci` puts exactly what package-lock.json lists into the
# build's directory, runs no script of a package, and asks the registry only when the lock file has changed.
find_program(NODE_PROGRAM NAMES node nodejs)
find_program(NPM_PROGRAM npm)
if(NOT NODE_PROGRAM OR NOT NPM_PROGRAM)
  message(FATAL_ERROR "the web page takes node and npm: run tools/setup, or configure with -DMQTTZOO_WEB=OFF")
endif()

set(web ${PROJECT_SOURCE_DIR}/web)
set(web_build ${PROJECT_BINARY_DIR}/web)
set(page ${web_build}/page.cpp)
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${web}/src/*)
file(MAKE_DIRECTORY ${web_build})

add_custom_command(
  OUTPUT ${web_build}/installed
  COMMAND ${CMAKE_COMMAND} -E copy ${web}/package.json ${web}/package-lock.json ${web_build}
  COMMAND ${CMAKE_COMMAND} -E chdir ${web_build} ${NPM_PROGRAM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${web_build}/installed
  DEPENDS ${web}/package.json ${web}/package-lock.json
  COMMENT "Installing what the page is bundled with"
  VERBATIM)
add_custom_command(
  OUTPUT ${page}
  COMMAND ${NODE_PROGRAM} ${web}/build.mjs ${web_build}/node_modules ${page}
  DEPENDS ${web_build}/installed ${web}/build.mjs ${page_sources}
  COMMENT "Bundling the page"
  VERBATIM)
target_sources(mqttzoo_admin PRIVATE ${page})
