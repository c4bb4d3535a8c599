#include "zk/pod_record.hpp"

#include "core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace mqttzoo::zk {

namespace {

using nlohmann::json;

/// An operator's editor may have been at it; a pod's record is small.
constexpr std::size_t pod_record_bytes_max = 4096;

} // namespace

std::string encode_pod(const pod_record& record) {
  constexpr int in_one_line = -1;
  constexpr bool ascii_only = true;
  return json{{"name", record.name}, {"incarnation", record.incarnation}, {"links", record.links},
              {"mqtt", record.mqtt}, {"version", record.version},         {"admin", record.admin}}
      .dump(in_one_line, ' ', ascii_only, json::error_handler_t::replace);
}

expected<pod_record, std::string> decode_pod(std::string_view data) {
  if (data.size() > pod_record_bytes_max)
    return unexpected("longer than " + std::to_string(pod_record_bytes_max) + " bytes");
  const auto parsed = core::parse_json<json>(data);
  if (!parsed.is_object())
    return unexpected(std::string{"not a JSON object"});
  pod_record record;
  for (const auto& [key, text] :
       {std::pair{"name", &record.name}, std::pair{"links", &record.links},
        std::pair{"mqtt", &record.mqtt}, std::pair{"version", &record.version}}) {
    const auto found = parsed.find(key);
    if (found == parsed.end() || !found->is_string())
      return unexpected(std::string{"no text called "} + key);
    *text = found->get<std::string>();
  }
  const auto incarnation = parsed.find("incarnation");
  if (incarnation == parsed.end() || !incarnation->is_number_unsigned())
    return unexpected(std::string{"no number called incarnation"});
  record.incarnation = incarnation->get<std::uint64_t>();
  if (const auto admin = parsed.find("admin"); admin != parsed.end() && admin->is_string())
    record.admin = admin->get<std::string>(); // pods of earlier versions have none
  return record;
}

} // namespace mqttzoo::zk
