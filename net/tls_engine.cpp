#include "net/tls_engine.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <new>
#include <utility>

namespace mqttzoo::net {

namespace {

/// In UTF-8; empty unless there is exactly one, which is text: a byte 0 in it would end it for
/// others.
std::string common_name_of(const X509_NAME* subject) {
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
    return {};
  unsigned char* text = nullptr;
  const auto* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  const int size = ASN1_STRING_to_UTF8(&text, value);
  std::string name;
  if (size > 0)
    name.assign(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name.find('\0') == name.npos ? name : std::string{};
}

/// As RFC 2253 writes it, in ASCII: other characters are escaped.
std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
  if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0)
    return {};
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string{text, static_cast<std::size_t>(size)} : std::string{};
}

} // namespace

/// The engine as OpenSSL sees it: a source and a sink of bytes.
struct tls_engine_bio {
  static tls_engine& engine_of(BIO* bio) { return *static_cast<tls_engine*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    engine_of(bio).out_->append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  static int read(BIO* bio, char* into, int size_max) {
    BIO_clear_retry_flags(bio);
    auto& in = engine_of(bio).in_;
    if (in.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const auto size = in.copy(into, static_cast<std::size_t>(size_max));
    in.remove_prefix(size);
    return static_cast<int>(size);
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  /// Made at first use, for the life of the process.
  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      auto* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mqttzoo");
      if (!m)
        throw std::bad_alloc{};
      BIO_meth_set_write(m, write);
      BIO_meth_set_read(m, read);
      BIO_meth_set_ctrl(m, control);
      return m;
    }();
    return made;
  }
};

class tls_engine::call {
public:
  call(tls_engine& engine, std::string_view in, std::string& out) : engine_(engine) {
    ERR_clear_error(); // OpenSSL judges by what stands there, of whatever connection
    engine_.in_ = in;
    engine_.out_ = &out;
  }
  ~call() {
    engine_.in_ = {};
    engine_.out_ = nullptr;
  }

private:
  tls_engine& engine_;
};

tls_engine::tls_engine(std::shared_ptr<const tls_context> context, role r)
    : context_(std::move(context)), ssl_(SSL_new(context_->get())) {
  auto* const bio = ssl_ ? BIO_new(tls_engine_bio::method()) : nullptr;
  if (!bio) {
    SSL_free(ssl_);
    throw std::bad_alloc{};
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  if (r == role::client)
    SSL_set_connect_state(ssl_);
  else
    SSL_set_accept_state(ssl_);
}

tls_engine::~tls_engine() {
  SSL_free(ssl_);
}

stream_engine::progress tls_engine::shake_hands(std::string_view& in, std::string& out) {
  const call scope{*this, in, out};
  const auto result = SSL_do_handshake(ssl_);
  in = in_;
  if (result == 1)
    return progress::established;
  if (SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ)
    return progress::waiting;
  note_failure();
  return progress::failed;
}

stream_engine::reading tls_engine::read(std::string_view in, std::string& plain, std::string& out) {
  const call scope{*this, in, out};
  char record[record_bytes_max];
  for (;;) {
    std::size_t size = 0;
    const auto result = SSL_read_ex(ssl_, record, sizeof record, &size);
    if (result == 1) {
      plain.append(record, size);
      continue;
    }
    const auto error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ)
      return reading::goes_on;
    if (error == SSL_ERROR_ZERO_RETURN) // RFC 5246, section 7.2.1: it is to be answered
      return reading::ended;
    note_failure();
    return reading::failed;
  }
}

bool tls_engine::write(std::string_view plain, std::string& out) {
  const call scope{*this, {}, out};
  while (!plain.empty()) {
    std::size_t size = 0;
    if (SSL_write_ex(ssl_, plain.data(), plain.size(), &size) != 1) {
      note_failure();
      return false;
    }
    plain.remove_prefix(size);
  }
  return true;
}

void tls_engine::end(std::string& out) {
  const call scope{*this, {}, out};
  if (SSL_is_init_finished(ssl_) && failure_.empty())
    SSL_shutdown(ssl_);
}

void tls_engine::note_failure() {
  const auto code = ERR_peek_error();
  const auto verdict = SSL_get_verify_result(ssl_);
  const char* const reason = ERR_reason_error_string(code);
  if (verdict != X509_V_OK)
    failure_ = X509_verify_cert_error_string(verdict);
  else
    failure_ = reason ? reason : "TLS failed";
}

std::string tls_engine::certified(core::certificate_identity which) const {
  const auto* const certificate = SSL_get0_peer_certificate(ssl_);
  if (!certificate || SSL_get_verify_result(ssl_) != X509_V_OK)
    return {};
  const auto* const subject = X509_get_subject_name(certificate);
  switch (which) {
  case core::certificate_identity::none:
    break;
  case core::certificate_identity::cn:
    return common_name_of(subject);
  case core::certificate_identity::subject:
    return text_of(subject);
  }
  return {};
}

bool tls_engine::proves(std::string_view name) const {
  const auto* const certificate = SSL_get0_peer_certificate(ssl_);
  if (!certificate || name.empty())
    return false;
  char* found = nullptr;
  const auto matches =
      X509_check_host(const_cast<X509*>(certificate), name.data(), name.size(),
                      X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, &found);
  // DNS names match whatever their case, and a leading dot matches what is below; names of pods do
  // not.
  const bool exact = matches == 1 && found && name == found;
  OPENSSL_free(found);
  return exact;
}

} // namespace mqttzoo::net
