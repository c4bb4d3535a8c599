#include "admin/server.hpp"

#include "admin/seat.hpp"
#include "admin/tls.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <array>
#include <optional>
#include <utility>

namespace mqttzoo::admin {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr core::logger log_{core::log_folder::admin};
/// Only what this pod serves, and nothing that stands in a page's text.
constexpr const char* content_security =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{100}; ///< after the kernel had no descriptor left
constinit core::log_throttle accept_failures{1, std::chrono::seconds{10}};

using raw_request = http::request<http::string_body>;
using raw_response = http::response<http::string_body>;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;

method method_of(http::verb v) noexcept {
  switch (v) {
  case http::verb::get:
    return method::get;
  case http::verb::post:
    return method::post;
  case http::verb::delete_:
    return method::remove;
  default:
    return method::other;
  }
}

std::string_view to_view(beast::string_view s) noexcept {
  return {s.data(), s.size()};
}

beast::tcp_stream& lowest(beast::tcp_stream& s) noexcept {
  return s;
}
beast::tcp_stream& lowest(tls_stream& s) noexcept {
  return s.next_layer();
}

expected<asio::ip::address, std::string> read_address(const core::admin_settings& s) {
  boost::system::error_code bad;
  auto address = asio::ip::make_address(s.address, bad);
  if (bad)
    return unexpected("admin.address: \"" + s.address + "\" is no numeric address");
  return address;
}

/// An answer that is waited for.
struct pending {
  explicit pending(asio::io_context& on) : timer(on) {}
  asio::steady_timer timer;
  std::optional<response> got;
};

} // namespace

struct server::state : std::enable_shared_from_this<state> {
  state(asio::io_context& on, core::admin_settings s, access a, handler h)
      : io(on), settings(std::move(s)), rules(std::move(a)), handle(std::move(h)), acceptor(on) {}

  asio::io_context& io;
  const core::admin_settings settings;
  const access rules;
  const handler handle;
  std::optional<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  counters counts;
  seat_plan seats{counts.connections};

  std::string listen();
  asio::awaitable<void> accept_all();
  asio::awaitable<void> greet(tcp::socket socket, std::unique_ptr<seat> its);
  template<class Stream>
  asio::awaitable<void> serve(Stream& stream, seat& its, bool certificate);
  asio::awaitable<void> drain(beast::tcp_stream& stream);
  asio::awaitable<response> respond(const raw_request& in, bool certificate);
  asio::awaitable<response> ask(const request& r);
};

/// A sentence if it fails.
std::string server::state::listen() {
  const auto place = settings.address + ':' + std::to_string(*settings.port);
  const auto address = read_address(settings);
  if (!address)
    return address.error();
  boost::system::error_code failed;
  const tcp::endpoint at{*address, *settings.port};
  acceptor.open(at.protocol(), failed);
  if (!failed)
    acceptor.set_option(tcp::acceptor::reuse_address{true}, failed);
  if (!failed)
    acceptor.bind(at, failed);
  if (!failed)
    acceptor.listen(static_cast<int>(settings.connections_max), failed);
  if (failed)
    return "admin.port: cannot listen on " + place + ": " + failed.message();
  port = acceptor.local_endpoint(failed).port();
  return {};
}

asio::awaitable<void> server::state::accept_all() {
  auto self = shared_from_this();
  for (;;) {
    auto [failed, socket] = co_await acceptor.async_accept(as_result);
    if (failed == asio::error::operation_aborted)
      co_return;
    if (failed) {
      log_.log(accept_failures, core::log_level::warn, "the admin endpoint cannot accept",
               {{"why", failed.message()}});
      asio::steady_timer pause{io, accept_pause};
      co_await pause.async_wait(as_result);
      continue;
    }
    if (counts.connections.get() >= settings.connections_max) {
      counts.connections_full.add();
      if (!seats.make_room())
        continue; // closes it
    }
    asio::co_spawn(io, greet(std::move(socket), std::make_unique<seat>(self, seats)),
                   asio::detached);
  }
}

/// `its` is given up with the end of this.
asio::awaitable<void> server::state::greet(tcp::socket socket, std::unique_ptr<seat> its) {
  auto self = shared_from_this();
  if (!tls) {
    beast::tcp_stream stream{std::move(socket)};
    if (!its->take([&stream] { stream.close(); }))
      co_return;
    co_await serve(stream, *its, false);
    co_await drain(stream);
  } else {
    tls_stream stream{beast::tcp_stream{std::move(socket)}, *tls};
    if (!its->take([&stream] { lowest(stream).close(); }))
      co_return;
    lowest(stream).expires_after(settings.timeout);
    auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, as_result);
    if (!failed)
      co_await serve(stream, *its, !settings.tls_ca.empty());
    if (!failed) {
      lowest(stream).expires_after(settings.timeout);
      co_await stream.async_shutdown(as_result);
    }
  }
}

template<class Stream>
asio::awaitable<void> server::state::serve(Stream& stream, seat& its, bool certificate) {
  beast::flat_buffer buffer{2 * settings.request_bytes_max};
  for (bool more = true; more;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(settings.request_bytes_max));
    parser.body_limit(settings.request_bytes_max);
    lowest(stream).expires_after(settings.timeout);
    auto [failed, size] = co_await http::async_read(stream, buffer, parser, as_result);
    static_cast<void>(size);
    raw_response out;
    response r;
    if (failed == http::error::body_limit || failed == http::error::header_limit ||
        failed == http::error::buffer_overflow) {
      r = make_error(413, "the request is longer than admin.request.bytes.max");
    } else if (failed) {
      co_return;
    } else {
      its.begin_answer();
      r = co_await respond(parser.get(), certificate);
    }
    more = !failed && parser.get().keep_alive();
    out.version(failed ? 11 : parser.get().version());
    out.result(r.status);
    out.keep_alive(more);
    out.set(http::field::server, "mqttzood");
    out.set(http::field::content_type, r.type);
    out.set(http::field::cache_control, "no-store");
    out.set("X-Content-Type-Options", "nosniff");
    out.set("Content-Security-Policy", content_security);
    out.set("Referrer-Policy", "no-referrer");
    if (r.status == 401)
      out.set(http::field::www_authenticate, "Bearer");
    out.body() = std::move(r.body);
    out.prepare_payload();
    lowest(stream).expires_after(settings.timeout);
    auto [broken, written] = co_await http::async_write(stream, out, as_result);
    static_cast<void>(written);
    if (broken)
      co_return;
    its.end_answer(); // not before: others would cut short what is written slowly
  }
}

/// Ends a connection. What comes after the last answer is thrown away for a while: a socket that is
/// closed before it was read is reset, and the answer may be lost with it.
asio::awaitable<void> server::state::drain(beast::tcp_stream& stream) {
  constexpr std::size_t drained_bytes_max = std::size_t{1} << 20;
  std::array<char, 4096> rest{};
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream.expires_after(settings.timeout);
  for (std::size_t n = 0; n < drained_bytes_max;) {
    auto [ended, size] = co_await stream.async_read_some(asio::buffer(rest), as_result);
    if (ended)
      co_return;
    n += size;
  }
}

asio::awaitable<response> server::state::respond(const raw_request& in, bool certificate) {
  counts.requests.add();
  auto r = parse_target(to_view(in.target()));
  if (!r)
    co_return make_error(400, "the target makes no sense");
  r->method = method_of(in.method());
  r->content_type = to_view(in[http::field::content_type]);
  r->body = in.body();
  r->from = rules.judge(
      {to_view(in[http::field::authorization]), to_view(in[http::field::host]), certificate});
  auto got = co_await ask(*r);
  if (got.status == 401)
    counts.denied.add();
  co_return got;
}

asio::awaitable<response> server::state::ask(const request& r) {
  auto p = std::make_shared<pending>(io);
  p->timer.expires_after(settings.timeout);
  handle(r, [p, self = shared_from_this()](response got) {
    asio::post(self->io, [p, got = std::move(got)]() mutable {
      p->got = std::move(got);
      p->timer.cancel();
    });
  });
  co_await p->timer.async_wait(as_result);
  if (p->got)
    co_return *std::move(p->got);
  counts.timed_out.add();
  co_return make_error(504, "a unit of this pod did not answer within admin.timeout");
}

server::server(std::shared_ptr<state> s) : state_(std::move(s)) {}

server::~server() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

std::uint16_t server::port() const noexcept {
  return state_->port;
}

bool server::tls() const noexcept {
  return state_->tls.has_value();
}

const server::counters& server::counts() const noexcept {
  return state_->counts;
}

namespace {

using tls_or_none = std::optional<asio::ssl::context>;

expected<tls_or_none, std::string> load_tls(const core::admin_settings& settings) {
  if (settings.tls_certificate.empty())
    return tls_or_none{};
  tls_or_none made{asio::ssl::context::tls_server};
  if (auto why = set_up_tls(*made, settings); !why.empty())
    return unexpected(std::move(why));
  return made;
}

} // namespace

expected<void, std::string> server::check(const core::admin_settings& settings) {
  if (const auto rules = access::from(settings); !rules)
    return unexpected(rules.error());
  if (const auto tls = load_tls(settings); !tls)
    return unexpected(tls.error());
  if (const auto at = read_address(settings); !at)
    return unexpected(at.error());
  return {};
}

expected<std::unique_ptr<server>, std::string>
server::open(asio::io_context& on, const core::admin_settings& settings, handler h) {
  auto rules = access::from(settings);
  if (!rules)
    return unexpected(rules.error());
  auto s = std::make_shared<state>(on, settings, *std::move(rules), std::move(h));
  auto tls = load_tls(settings);
  if (!tls)
    return unexpected(tls.error());
  s->tls = *std::move(tls);
  if (const auto why = s->listen(); !why.empty())
    return unexpected(why);
  asio::co_spawn(on, s->accept_all(), asio::detached);
  return std::unique_ptr<server>{new server{std::move(s)}};
}

} // namespace mqttzoo::admin
