# Compiler, linker and sanitizer settings shared by every target, and the one way to declare a folder's library.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers defeat ccache unless it may trust what they define and when they were made. The same
  # sources in another folder, like a fresh clone, compile to the same. What the compiler says a file depends on is
  # enough to know it by, so that none is preprocessed for it.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 ${CCACHE_PROGRAM})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  # mold cannot run gcc 12's LTO plug-in in parallel, so the release build keeps the default linker.
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 takes Asio's allocation of coroutine frames for a mistake.
  set(MQTTZOO_COROUTINE_OPTIONS -Wno-mismatched-new-delete)
elseif(MQTTZOO_SANITIZE MATCHES undefined)
  # clang 14 cannot mark a coroutine's function with its type.
  set(MQTTZOO_COROUTINE_OPTIONS -fno-sanitize=function)
endif()
if(MQTTZOO_WERROR)
  add_compile_options(-Werror)
endif()

if(MQTTZOO_SANITIZE)
  add_compile_options(-fsanitize=${MQTTZOO_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MQTTZOO_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized) # gcc 12 reports its own <regex> when instrumented
  endif()
  if(MQTTZOO_SANITIZE MATCHES undefined)
    # CAF 0.17 binds references through null pointers in its intrusive queues.
    add_compile_options(-fno-sanitize=null -fno-sanitize-recover=undefined)
  endif()
endif()

if(MQTTZOO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # coverage for the fuzzer to steer by, in every library
endif()

find_package(Threads REQUIRED)

# mqttzoo_library(<folder> [PUBLIC libs...] [PRIVATE libs...] [PCH <header>...]): a static library of the
# folder's *.cpp. Headers to precompile stand in angle brackets, as else the name of the checkout's folder
# would become a part of them. A folder that holds no sources yet becomes a library of headers.
function(mqttzoo_library name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE;PCH" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(NOT sources)
    add_library(mqttzoo_${name} INTERFACE)
    target_include_directories(mqttzoo_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(mqttzoo_${name} INTERFACE ${ARG_PUBLIC} ${ARG_PRIVATE})
    return()
  endif()
  add_library(mqttzoo_${name} STATIC ${sources})
  target_include_directories(mqttzoo_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(mqttzoo_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(ARG_PCH)
    target_precompile_headers(mqttzoo_${name} PRIVATE ${ARG_PCH})
  endif()
endfunction()
