# Cross-compiles for arm64 (Graviton) with Debian's compiler and its multiarch libraries.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Programs such as protoc stay native. Headers are shared, and libraries lie in a folder beside the
# native one that CMake derives from the compiler: no find root is set, and only pkg-config is told.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

find_program(CORESWEEP_ARM64_EMULATOR NAMES qemu-aarch64 qemu-aarch64-static)
mark_as_advanced(CORESWEEP_ARM64_EMULATOR)
if(CORESWEEP_ARM64_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${CORESWEEP_ARM64_EMULATOR})
endif()
