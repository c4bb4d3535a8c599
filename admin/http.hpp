// A request to the endpoint and its answer, as the code behind the server sees them.
//
// Values. An answer may be given on any thread, once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::admin {

enum class method : std::uint8_t { get, post, remove, other };

/// Whether the request showed that it may know, and do, what is not for everybody.
enum class standing : std::uint8_t { unknown, admitted };

struct request {
  admin::method method = method::get;
  std::string path;                         ///< as it was sent, without the query
  std::vector<std::string> segments;        ///< of the path, decoded
  std::map<std::string, std::string> query; ///< decoded
  std::string content_type;
  std::string body;
  standing from = standing::unknown;

  /// Null if there is none of that name.
  const std::string* argument(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? nullptr : &found->second;
  }
};

struct response {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
};

using answer = std::function<void(response)>;
using handler = std::function<void(const request&, answer)>;

/// Takes a target such as `/a%2Fb/c?x=1` apart; nothing if its encoding is wrong.
std::optional<request> parse_target(std::string_view target);

/// `{"error": {"status": 404, "message": ...}}`
response make_error(unsigned status, std::string_view message);

} // namespace mqttzoo::admin
