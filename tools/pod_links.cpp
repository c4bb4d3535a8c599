#include "tools/pod_links.hpp"

#include "core/host_port.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "net/tls_context.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::tools {

namespace {

constexpr core::logger log{core::log_folder::tools};

namespace ip = boost::asio::ip;

/// All pods of one tree have the same, and those of another tree do not: "/eu/zoo" is "eu.zoo".
std::string cluster_name(const core::settings& settings) {
  std::string name = settings.zk.chroot.empty() ? "mqttzoo" : settings.zk.chroot.substr(1);
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

expected<net::endpoint, std::string> parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  boost::system::error_code bad;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  const auto address = ip::make_address(host, bad);
  const auto digits = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool is_number = !digits.empty() && digits.size() <= 5 &&
                         std::all_of(digits.begin(), digits.end(),
                                     [](unsigned char c) { return c >= '0' && c <= '9'; });
  const auto port = is_number ? std::stoul(digits) : 0;
  if (bad || port == 0 || port > 65535)
    return unexpected("\"" + text + "\" is no numeric address and port");
  return net::endpoint{address, static_cast<std::uint16_t>(port)};
}

using config_or_error = expected<std::shared_ptr<net::link_config>, std::string>;

config_or_error make_config(const core::settings& settings, std::uint64_t incarnation) {
  auto config = std::make_shared<net::link_config>();
  config->own = {cluster_name(settings), settings.pod.name, incarnation};
  for (const auto& [option, name] :
       {std::pair{"pod.name", &config->own.pod}, std::pair{"zk.chroot", &config->own.cluster}})
    if (!net::is_link_name(*name))
      return unexpected(std::string{option} + ": \"" + *name +
                        "\" is no name for a link to other pods: letters, digits, '-', '_' and "
                        "'.', the first one a letter or a digit");
  config->limits = net::link_limits_of(settings.links);
  config->known = std::make_shared<net::pod_incarnations>();
  config->plain_anywhere = settings.links.plain;
  config->stream_limits =
      std::make_shared<const net::connection_limits>(net::stream_limits_of(config->limits));
  const auto& links = settings.links;
  if (!links.tls_certificate.empty()) {
    auto tls = net::tls_context::load({links.tls_certificate, links.tls_key, links.tls_ca});
    if (!tls)
      return unexpected("links.tls: " + tls.error());
    config->tls = std::move(*tls);
  }
  return config;
}

/// Where the others find this pod: as told, or where it listens.
expected<std::string, std::string> announced(const core::links_settings& links) {
  auto host = links.announce.empty() ? links.address : links.announce;
  boost::system::error_code bad;
  const auto address = ip::make_address(host, bad);
  if (bad)
    return unexpected("links.announce: \"" + host + "\" is no numeric address");
  if (address.is_unspecified())
    return unexpected("links.announce: other pods cannot link to " + host +
                      ": say at which of this pod's addresses they find it");
  return core::in_brackets(host);
}

} // namespace

expected<void, std::string> pod_links::check(const core::settings& settings) {
  constexpr std::uint64_t any_incarnation = 1;
  if (const auto config = make_config(settings, any_incarnation); !config)
    return unexpected(config.error());
  const auto& at = settings.links.address;
  boost::system::error_code bad;
  static_cast<void>(ip::make_address(at, bad));
  if (bad)
    return unexpected("links.address: \"" + at + "\" is no numeric address");
  if (const auto announce = announced(settings.links); !announce)
    return unexpected(announce.error());
  return {};
}

expected<std::unique_ptr<pod_links>, std::string> pod_links::open(net::loop& on,
                                                                  const core::settings& settings,
                                                                  std::uint64_t incarnation,
                                                                  open_handler on_open) {
  auto config = make_config(settings, incarnation);
  if (!config)
    return unexpected(config.error());
  auto announce = announced(settings.links);
  if (!announce)
    return unexpected(announce.error());
  std::unique_ptr<pod_links> links{
      new pod_links{on, std::move(*config), std::move(*announce), std::move(on_open)}};
  const auto& at = settings.links;
  auto listener = net::link_listener::open(
      {at.address, at.port, static_cast<int>(settings.net.backlog), "links.max"}, on, {&on},
      make_ref<net::seating>(at.max), links->config_,
      [l = links.get()](net::loop&, net::pod_link_ptr link) { l->on_open_(std::move(link)); });
  if (!listener)
    return unexpected("links.port: " + listener.error().message);
  links->listener_ = std::move(*listener);
  return links;
}

pod_links::pod_links(net::loop& on, net::link_config_ptr config, std::string announce,
                     open_handler on_open)
    : loop_(on), config_(std::move(config)), announce_(std::move(announce)),
      on_open_(std::move(on_open)) {}

std::string pod_links::address() const {
  return announce_ + ':' + std::to_string(listener_->local_port());
}

void pod_links::stop() {
  dialers_.clear();
  listener_->stop();
}

void pod_links::keep(const zk::pod_record& pod) {
  config_->known->learn(pod.name, pod.incarnation);
  auto& known = dialers_[pod.name];
  if (known.incarnation > pod.incarnation || !net::dials(config_->own.pod, pod.name))
    return;
  const auto to = parse_endpoint(pod.links);
  if (!to)
    return log.error("a pod cannot be linked to", {{"pod", pod.name}, {"why", to.error()}});
  known.incarnation = pod.incarnation;
  known.dialer = std::make_unique<net::link_dialer>(loop_, config_, pod.name, *to,
                                                    core::random_source::from_system(), on_open_);
  known.dialer->start();
}

void pod_links::let_go(const zk::pod_record& pod) {
  const auto known = dialers_.find(pod.name);
  if (known != dialers_.end() && known->second.incarnation <= pod.incarnation)
    dialers_.erase(known);
}

} // namespace mqttzoo::tools
