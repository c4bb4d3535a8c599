#include "admin/json.hpp"

#include "core/json_text.hpp"

#include <chrono>
#include <type_traits>

namespace mqttzoo::admin {

namespace {

json to_json(const actors::facts::value& v) {
  return std::visit(
      []<class T>(const T& x) -> json {
        if constexpr (std::is_same_v<T, std::shared_ptr<const actors::facts>>) {
          return admin::to_json(*x);
        } else if constexpr (std::is_same_v<T, std::vector<actors::facts>>) {
          auto list = json::array();
          for (const auto& f : x)
            list.push_back(admin::to_json(f));
          return list;
        } else {
          return x;
        }
      },
      v);
}

} // namespace

json to_json(const actors::facts& f) {
  auto j = json::object();
  for (const auto& i : f.items())
    j[i.name] = to_json(i.value);
  return j;
}

json to_json(const actors::actor_summary& s) {
  using micros = std::chrono::duration<double, std::micro>;
  json j{{"id", static_cast<std::uint64_t>(s.id)},
         {"kind", s.kind},
         {"subject", s.subject},
         {"unit", static_cast<std::uint16_t>(s.unit)},
         {"age_ms", s.age.count()},
         {"messages", s.messages},
         {"runs", s.runs},
         {"busy_us", micros{s.busy}.count()},
         {"mailbox", s.mailbox},
         {"mailbox_max", s.mailbox_max}};
  json wait{{"on", actors::to_string(s.waits_on)}, {"what", s.waits_what}, {"for_ms", nullptr}};
  if (s.waits_for)
    wait["for_ms"] = s.waits_for->count();
  j["waits"] = std::move(wait);
  for (const auto& i : s.glance.items())
    j[i.name] = to_json(i.value);
  return j;
}

json to_json(const actors::actor_details& d) {
  auto j = to_json(d.summary);
  j["more"] = to_json(d.more);
  return j;
}

response make_json(const json& j, unsigned status) {
  return {status, "application/json", core::to_text(j) + '\n'};
}

} // namespace mqttzoo::admin
