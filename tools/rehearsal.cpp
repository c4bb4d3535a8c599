#include "tools/rehearsal.hpp"

#include "admin/service.hpp"
#include "net/hook_client.hpp"
#include "tools/open_store.hpp"
#include "tools/pod_links.hpp"
#include "tools/pod_listeners.hpp"

namespace mqttzoo::tools {

namespace {

using checked = expected<void, std::string>;

checked check_hook(const core::settings& s) {
  if (s.auth.hook_url.empty())
    return {};
  if (const auto hook = net::hook_client::open({s.auth.hook_url, s.auth.hook_token, s.auth.hook_ca,
                                                s.auth.hook_timeout, s.auth.hook_connections_max});
      !hook)
    return unexpected{hook.error()};
  return {};
}

checked check_links(const core::settings& s) {
  return s.zk.servers.empty() ? checked{} : pod_links::check(s);
}

} // namespace

expected<void, std::string> rehearse(const core::settings& settings) {
  for (const auto check :
       {check_hook, pod_listeners::check, admin::service::check, check_store, check_links})
    if (auto good = check(settings); !good)
      return good;
  return {};
}

} // namespace mqttzoo::tools
