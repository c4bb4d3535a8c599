#include "tools/cli/inspect_client.hpp"

#include "core/host_port.hpp"
#include "core/json_text.hpp"
#include "core/version.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <functional>
#include <optional>

namespace mqttzoo::cli {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;

struct place {
  bool tls = false;
  std::string host, port;
};

std::optional<place> parse_url(std::string_view url) {
  place p;
  if (url.starts_with("https://"))
    p.tls = true;
  else if (!url.starts_with("http://"))
    return std::nullopt;
  url.remove_prefix(p.tls ? 8 : 7);
  url = url.substr(0, url.find('/'));
  const auto bracket = url.find(']');
  const auto colon = url.find(':', bracket == url.npos ? 0 : bracket);
  p.host = url.substr(0, colon);
  if (bracket != url.npos)
    p.host = url.substr(1, bracket - 1);
  p.port = colon == url.npos ? (p.tls ? "443" : "80") : std::string{url.substr(colon + 1)};
  return p.host.empty() ? std::nullopt : std::optional{p};
}

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

/// Runs one step to its end, or to the end of the time.
class steps {
public:
  explicit steps(std::chrono::milliseconds timeout)
      : until_(std::chrono::steady_clock::now() + timeout) {}

  asio::io_context io;

  /// `begin` gets the handler of an operation.
  beast::error_code run(const std::function<void(std::function<void(beast::error_code)>)>& begin) {
    std::optional<beast::error_code> ended;
    begin([&ended](beast::error_code e) { ended = e; });
    io.restart();
    while (!ended && io.run_one_until(until_) > 0) {
    }
    return ended ? *ended : beast::error_code{beast::error::timeout};
  }

private:
  std::chrono::steady_clock::time_point until_;
};

template<class Stream>
expected<response, std::string> exchange(steps& s, Stream& stream, const request& r) {
  const auto sent = s.run([&](auto done) {
    http::async_write(stream, r, [done](beast::error_code e, std::size_t) { done(e); });
  });
  if (sent)
    return unexpected(sent.message());
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  const auto got = s.run([&](auto done) {
    http::async_read(stream, buffer, parser, [done](beast::error_code e, std::size_t) { done(e); });
  });
  if (got)
    return unexpected(got.message());
  return parser.release();
}

expected<response, std::string> exchange_tls(steps& s, beast::tcp_stream tcp,
                                             const inspect_connection& to, const place& p,
                                             const request& r) {
  asio::ssl::context tls{asio::ssl::context::tls_client};
  beast::error_code failed;
  if (to.ca_file.empty())
    tls.set_default_verify_paths(failed);
  else
    tls.load_verify_file(to.ca_file, failed);
  if (!failed && !to.certificate.empty())
    tls.use_certificate_chain_file(to.certificate, failed);
  if (!failed && !to.key.empty())
    tls.use_private_key_file(to.key, asio::ssl::context::pem, failed);
  if (failed)
    return unexpected("TLS files: " + failed.message());
  beast::ssl_stream<beast::tcp_stream> stream{std::move(tcp), tls};
  SSL_set_tlsext_host_name(stream.native_handle(), p.host.c_str());
  stream.set_verify_mode(asio::ssl::verify_peer);
  if (!to.insecure)
    stream.set_verify_callback(asio::ssl::host_name_verification{p.host});
  const auto shaken =
      s.run([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
  if (shaken)
    return unexpected(shaken.message());
  return exchange(s, stream, r);
}

request make_request(const inspect_connection& to, const place& p, std::string_view target,
                     inspect_method how, std::string body) {
  constexpr http::verb verbs[] = {http::verb::get, http::verb::post, http::verb::delete_};
  request r{verbs[static_cast<std::size_t>(how)], beast::string_view{target.data(), target.size()},
            11};
  r.set(http::field::host, core::host_and_port(p.host, p.port));
  r.set(http::field::user_agent, "mqttzoo/" + std::string{core::version()});
  if (!to.token.empty())
    r.set(http::field::authorization, "Bearer " + to.token);
  if (how == inspect_method::post)
    r.set(http::field::content_type, "application/json");
  r.keep_alive(false);
  r.body() = std::move(body);
  r.prepare_payload();
  return r;
}

inspect_error failed_at(const inspect_connection& to, const std::string& what) {
  return {0, to.url + ": " + what};
}

expected<response, inspect_error> send(const inspect_connection& to, std::string_view target,
                                       inspect_method how, std::string body) {
  const auto p = parse_url(to.url);
  if (!p)
    return unexpected(failed_at(to, "this is no URL such as http://127.0.0.1:8080"));
  steps s{to.timeout};
  beast::error_code failed;
  tcp::resolver resolver{s.io};
  const auto found = resolver.resolve(p->host, p->port, failed);
  if (failed)
    return unexpected(failed_at(to, failed.message()));
  beast::tcp_stream stream{s.io};
  failed = s.run([&](auto done) {
    stream.async_connect(found, [done](beast::error_code e, const tcp::endpoint&) { done(e); });
  });
  if (failed) {
    auto error = failed_at(to, failed.message());
    error.refused = failed == asio::error::connection_refused;
    return unexpected(std::move(error));
  }
  const auto r = make_request(to, *p, target, how, std::move(body));
  auto got = p->tls ? exchange_tls(s, std::move(stream), to, *p, r) : exchange(s, stream, r);
  if (!got)
    return unexpected(failed_at(to, got.error()));
  return *std::move(got);
}

} // namespace

inspect_client inspect_client::at(std::string url) const {
  auto other = to_;
  other.url = std::move(url);
  return inspect_client{std::move(other)};
}

expected<json, inspect_error> inspect_client::ask(std::string_view target, inspect_method how,
                                                  std::string body) const {
  const auto got = send(to_, target, how, std::move(body));
  if (!got)
    return unexpected(got.error());
  auto j = core::parse_json<json>(got->body());
  const auto status = got->result_int();
  const bool says_why = target == "/readyz" || target == "/healthz";
  if (j.is_discarded())
    return unexpected(inspect_error{status, to_.url + ": the answer is no JSON"});
  if (status >= 400 && !(says_why && status == 503)) {
    const auto error = j.find("error");
    const auto message = error != j.end() ? error->value("message", std::string{}) : std::string{};
    return unexpected(inspect_error{status, to_.url + ": " + message});
  }
  return j;
}

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    }
  }
  return out;
}

} // namespace mqttzoo::cli
