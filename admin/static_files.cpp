#include "admin/static_files.hpp"

namespace mqttzoo::admin {

std::optional<static_file> find_static_file(std::string_view path) noexcept {
  if (path == "/api/v1/openapi.json")
    return static_file{"application/json", openapi_document()};
  return find_page_file(path);
}

} // namespace mqttzoo::admin
