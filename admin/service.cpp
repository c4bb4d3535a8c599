#include "admin/service.hpp"

#include "admin/api.hpp"
#include "admin/history.hpp"
#include "admin/metrics.hpp"
#include "admin/server.hpp"
#include "admin/watchdog.hpp"
#include "core/host_port.hpp"
#include "core/log.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <pthread.h>
#include <thread>
#include <utility>

namespace mqttzoo::admin {

namespace asio = boost::asio;

namespace {

constexpr core::logger log_{core::log_folder::admin};

std::string url_of(const core::admin_settings& s, std::uint16_t port, bool tls) {
  return (tls ? "https://" : "http://") + (s.announce.empty() ? core::host_and_port(s.address, port)
                                                              : core::with_port(s.announce, port));
}

} // namespace

struct service::parts {
  explicit parts(const core::settings& s)
      : settings(s),
        on_this([this](std::function<void()> job) { asio::post(io, std::move(job)); }) {}

  core::settings settings;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  zk::function_executor on_this;
  std::optional<actors::inspector> in;
  std::shared_ptr<pod_state> pod;
  std::shared_ptr<watchdog> dog;
  std::optional<metrics> numbers;
  std::shared_ptr<history> past;
  std::optional<api> answers;
  std::unique_ptr<admin::server> server;
  std::thread thread;

  void handle(const request& r, answer then) {
    if (answers)
      return answers->handle(r, std::move(then));
    then(make_error(503, "the pod is starting"));
  }
};

service::service(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

service::~service() {
  stop();
}

expected<void, std::string> service::check(const core::settings& settings) {
  return settings.admin.port ? server::check(settings.admin) : expected<void, std::string>{};
}

expected<std::unique_ptr<service>, std::string> service::open(const core::settings& settings) {
  auto p = std::make_unique<parts>(settings);
  if (settings.admin.port) {
    auto opened =
        server::open(p->io, settings.admin, [raw = p.get()](const request& r, answer then) {
          raw->handle(r, std::move(then));
        });
    if (!opened)
      return unexpected(opened.error());
    p->server = std::move(*opened);
  }
  return std::unique_ptr<service>{new service{std::move(p)}};
}

std::string service::url() const {
  const auto& p = *parts_;
  return p.server ? url_of(p.settings.admin, p.server->port(), p.server->tls()) : std::string{};
}

void service::start(start_parts with) {
  auto& p = *parts_;
  p.in.emplace(std::move(with.units));
  with.pod.admin_url = url();
  auto* clock = with.pod.clock;
  auto* store = with.pod.store;
  p.pod = std::make_shared<pod_state>(std::move(with.pod), p.settings);
  p.dog = std::make_shared<watchdog>(p.io, *p.in, *clock, p.settings.inspect.stuck_after);
  p.numbers.emplace(metrics::parts{*p.in, *p.pod, *p.dog, std::move(with.io),
                                   std::move(with.listeners),
                                   p.server ? &p.server->counts() : nullptr});
  p.past = std::make_shared<history>(p.io, *p.in, *clock);
  p.answers.emplace(api::parts{p.io, *p.in, *p.pod, *p.dog, *p.numbers, *p.past, p.on_this});
  store->attach(p.on_this, p.pod);
  p.dog->start();
  if (p.server)
    p.past->start();
  p.thread = std::thread{[&io = p.io] { io.run(); }};
  pthread_setname_np(p.thread.native_handle(), "admin");
  if (p.server)
    log_.info("operators are answered", {{"url", url()}});
}

void service::say_that_it_stops() {
  if (auto& p = *parts_; p.pod)
    asio::post(p.io, [pod = p.pod] { pod->stops = true; });
}

void service::reload(const core::settings& now) {
  auto& p = *parts_;
  if (!p.pod)
    return;
  asio::post(p.io, [pod = p.pod, dog = p.dog, now] {
    pod->settings = now;
    dog->set_stuck_after(now.inspect.stuck_after);
  });
}

void service::stop() {
  auto& p = *parts_;
  if (!p.thread.joinable())
    return;
  p.io.stop();
  p.thread.join();
  p.dog->stop();
  p.past->stop();
  p.server.reset();
}

} // namespace mqttzoo::admin
