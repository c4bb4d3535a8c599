#include "net/hook_client.hpp"

#include "core/log.hpp"
#include "core/secret_file.hpp"
#include "net/http_url.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <openssl/crypto.h>

#include <deque>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace mqttzoo::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr core::logger log{core::log_folder::net};
constexpr std::size_t answer_bytes_max = 64 * 1024;
/// Such as `100 Continue`, ahead of the answer.
constexpr int interim_answers_max = 8;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// Its body holds a password, which does not stay in memory.
struct request : http::request<http::string_body> {
  using message = http::request<http::string_body>;
  using message::message;
  request(const request&) = delete;
  request& operator=(const request&) = delete;
  ~request() { OPENSSL_cleanse(body().data(), body().size()); }
};

using parser = http::response_parser<http::string_body>;
using clock = std::chrono::steady_clock;

/// A connection, plain or not.
struct wire {
  wire(asio::io_context& io, ssl::context* tls) {
    if (tls)
      secure.emplace(io, *tls);
    else
      plain.emplace(io);
  }
  beast::tcp_stream& lowest() { return secure ? secure->next_layer() : *plain; }

  std::optional<beast::tcp_stream> plain;
  std::optional<beast::ssl_stream<beast::tcp_stream>> secure;
  beast::flat_buffer buffer;
};

/// What came of a request.
struct outcome {
  error_code failed;
  bool heard = false; ///< anything at all
  std::unique_ptr<parser> answer;
};

struct job {
  job(asio::io_context& io, std::string its_body, std::function<void(http_reply)> its_done)
      : body(std::move(its_body)), timer(io), done(std::move(its_done)) {}
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  ~job() { OPENSSL_cleanse(body.data(), body.size()); }

  void tell(http_reply reply) {
    if (!done)
      return;
    timer.cancel();
    std::exchange(done, nullptr)(std::move(reply));
  }

  std::string body;
  asio::steady_timer timer;
  std::function<void(http_reply)> done; ///< null: it was answered
};

} // namespace

struct hook_client::parts {
  hook_options options;
  http_url url;
  std::string token;
  std::optional<ssl::context> tls;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> open{io.get_executor()};
  std::deque<std::shared_ptr<job>> waiting;
  std::vector<std::unique_ptr<wire>> idle;
  unsigned busy = 0; ///< requests under way
  std::thread thread;

  void take(std::shared_ptr<job> j);
  void start_some();
  asio::awaitable<void> serve(std::shared_ptr<job> j);
  asio::awaitable<http_reply> ask(job& j);
  asio::awaitable<error_code> connect(wire& w, clock::time_point deadline);
  asio::awaitable<outcome> exchange(wire& w, request& asked, clock::time_point deadline);
  void complete(request& asked, std::string body) const;
};

expected<std::unique_ptr<hook_client>, std::string> hook_client::open(const hook_options& options) {
  auto p = std::make_unique<parts>();
  p->options = options;
  const auto url = parse_http_url(options.url);
  if (!url)
    return unexpected<std::string>{"auth.hook.url: must be http://HOST[:PORT]/PATH or https://..."};
  p->url = *url;
  if (!options.token_file.empty()) {
    auto token = core::read_secret("auth.hook.token", options.token_file);
    if (!token)
      return unexpected{token.error()};
    p->token = *std::move(token);
  }
  if (url->secure) {
    error_code failed;
    auto& tls = p->tls.emplace(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
    if (options.ca_file.empty())
      tls.set_default_verify_paths(failed);
    else
      tls.load_verify_file(options.ca_file, failed);
    if (failed)
      return unexpected{"auth.hook.ca: " + options.ca_file + ": " + failed.message()};
    tls.set_verify_mode(ssl::verify_peer, failed);
  } else if (url->host != "localhost" && !url->host.starts_with("127.") && url->host != "::1") {
    log.warn("passwords go to the hook in the clear: use https", {{"host", url->host}});
  }
  p->thread = std::thread{[&io = p->io] { io.run(); }};
  pthread_setname_np(p->thread.native_handle(), "hook");
  return std::unique_ptr<hook_client>{new hook_client{std::move(p)}};
}

hook_client::hook_client(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

hook_client::~hook_client() {
  stop();
}

void hook_client::stop() {
  parts_->io.stop();
  if (parts_->thread.joinable())
    parts_->thread.join();
}

void hook_client::post(std::string body, std::function<void(http_reply)> done) {
  auto& p = *parts_;
  asio::post(
      p.io, [&p, j = std::make_shared<job>(p.io, std::move(body), std::move(done))] { p.take(j); });
}

void hook_client::parts::take(std::shared_ptr<job> j) {
  j->timer.expires_after(options.timeout);
  j->timer.async_wait([j](error_code cancelled) {
    if (!cancelled)
      j->tell({0, {}, "it did not answer in time"});
  });
  waiting.push_back(std::move(j));
  start_some();
}

void hook_client::parts::start_some() {
  while (!waiting.empty() && busy < options.connections_max) {
    auto j = std::move(waiting.front());
    waiting.pop_front();
    if (!j->done)
      continue; // it waited for too long
    ++busy;
    asio::co_spawn(io, serve(std::move(j)), asio::detached);
  }
}

asio::awaitable<void> hook_client::parts::serve(std::shared_ptr<job> j) {
  auto reply = co_await ask(*j);
  j->tell(std::move(reply));
  --busy;
  start_some();
}

asio::awaitable<http_reply> hook_client::parts::ask(job& j) {
  const auto deadline = j.timer.expiry();
  request asked{http::verb::post, url.target, 11};
  complete(asked, std::move(j.body));
  for (;;) {
    std::unique_ptr<wire> w;
    const bool was_used = !idle.empty();
    if (was_used) {
      w = std::move(idle.back());
      idle.pop_back();
    } else {
      w = std::make_unique<wire>(io, tls ? &*tls : nullptr);
      const auto failed = co_await connect(*w, deadline);
      if (failed)
        co_return http_reply{0, {}, "it cannot be reached: " + failed.message()};
    }
    auto [failed, heard, answer] = co_await exchange(*w, asked, deadline);
    if (failed && was_used && !heard && clock::now() < deadline)
      continue; // it had closed the connection meanwhile
    if (failed)
      co_return http_reply{0, {}, "it does not answer: " + failed.message()};
    // What came behind it nobody has asked for: who asks next must not take it for an answer.
    if (answer->keep_alive() && w->buffer.size() == 0)
      idle.push_back(std::move(w));
    co_return http_reply{answer->get().result_int(), std::move(answer->get().body()), {}};
  }
}

asio::awaitable<error_code> hook_client::parts::connect(wire& w, clock::time_point deadline) {
  tcp::resolver resolver{io};
  auto [unknown, found] = co_await resolver.async_resolve(url.host, url.port, as_result);
  if (unknown)
    co_return unknown;
  w.lowest().expires_at(deadline);
  auto [refused, at] = co_await w.lowest().async_connect(found, as_result);
  if (refused || !w.secure)
    co_return refused;
  w.secure->set_verify_callback(ssl::host_name_verification{url.host});
  SSL_set_tlsext_host_name(w.secure->native_handle(), url.host.c_str());
  auto [distrusted] = co_await w.secure->async_handshake(ssl::stream_base::client, as_result);
  co_return distrusted;
}

asio::awaitable<outcome> hook_client::parts::exchange(wire& w, request& asked,
                                                      clock::time_point deadline) {
  w.lowest().expires_at(deadline);
  outcome o;
  std::size_t bytes = 0;
  if (w.secure)
    std::tie(o.failed, bytes) = co_await http::async_write(*w.secure, asked, as_result);
  else
    std::tie(o.failed, bytes) = co_await http::async_write(*w.plain, asked, as_result);
  for (int interim = 0; !o.failed; ++interim) {
    o.answer = std::make_unique<parser>();
    o.answer->body_limit(answer_bytes_max);
    if (w.secure)
      std::tie(o.failed, bytes) =
          co_await http::async_read(*w.secure, w.buffer, *o.answer, as_result);
    else
      std::tie(o.failed, bytes) =
          co_await http::async_read(*w.plain, w.buffer, *o.answer, as_result);
    o.heard = o.heard || o.answer->got_some();
    if (o.failed || o.answer->get().result_int() / 100 != 1)
      break;
    if (interim == interim_answers_max)
      o.failed = http::error::bad_status;
  }
  w.lowest().expires_never();
  co_return o;
}

void hook_client::parts::complete(request& asked, std::string body) const {
  asked.set(http::field::host, url.authority);
  asked.set(http::field::user_agent, "mqttzoo");
  asked.set(http::field::content_type, "application/json");
  if (!token.empty())
    asked.set(http::field::authorization, "Bearer " + token);
  asked.body() = std::move(body);
  asked.prepare_payload();
}

} // namespace mqttzoo::net
