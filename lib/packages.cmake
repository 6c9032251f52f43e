# Third-party packages, each found once. Rooms link the targets by name; nothing here is linked globally.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(pugixml REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(sofia REQUIRED IMPORTED_TARGET sofia-sip-ua)

# Not needed: with it, mpirun can share a load simulation among machines.
find_package(MPI QUIET COMPONENTS CXX)

if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

if(BUILD_TESTING)
  # Catch2 v2 (Debian 12) and v3 (newer systems); tests include support/catch.hpp, which picks the header.
  find_package(Catch2 REQUIRED)
  include(Catch)
endif()
