// What the endpoint serves as it is: the description of its answers, and the page for people.
//
// Constants that are part of the program; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace mqttzoo::admin {

struct static_file {
  std::string_view type; ///< its Content-Type
  std::string_view content;
};

/// Nothing if no file is served at `path`.
std::optional<static_file> find_static_file(std::string_view path) noexcept;

std::string_view openapi_document() noexcept;

/// Of the page, which web/build.mjs bundled when this was built; a sentence at `/` if it did not.
std::optional<static_file> find_page_file(std::string_view path) noexcept;

} // namespace mqttzoo::admin
