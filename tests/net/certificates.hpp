// Makes certificates in a directory that goes with the test.
#pragma once

#include "net/tls_context.hpp"
#include "tests/scratch_directory.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace mqttzoo::net::test {

template<auto Free>
struct freed_by {
  template<class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;

/// What a certificate says; the times are seconds from now.
struct certificate_text {
  std::string common_name;
  std::string dns_name; ///< none if empty
  long from = -3600;
  long until = 3600;
  bool authority = false;
};

/// An authority and what it has signed.
class authority {
public:
  authority() {
    own_key_ = make_key();
    own_ =
        make({.common_name = "test authority", .dns_name = {}, .authority = true}, own_key_.get());
    write("ca.pem", own_.get());
  }
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;

  std::string path(const std::string& name) const { return directory_.path() + '/' + name; }

  /// A new key and a certificate for it.
  tls_files issue(const certificate_text& text) {
    const auto key = make_key();
    const auto certificate = make(text, key.get());
    const auto number = std::to_string(++issued_);
    write(number + ".pem", certificate.get());
    const file_ptr file{std::fopen(path(number + ".key").c_str(), "w")};
    PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {path(number + ".pem"), path(number + ".key"), path("ca.pem")};
  }

  /// The certificate of a pod, ready for use.
  std::shared_ptr<const tls_context> context_of(const certificate_text& text) {
    auto loaded = tls_context::load(issue(text));
    if (!loaded)
      throw std::runtime_error{loaded.error()};
    return *loaded;
  }
  std::shared_ptr<const tls_context> context_of_pod(const std::string& pod) {
    return context_of({.common_name = "a pod", .dns_name = pod});
  }

private:
  static key_ptr make_key() { return key_ptr{EVP_EC_gen("P-256")}; }

  certificate_ptr make(const certificate_text& text, EVP_PKEY* key) {
    certificate_ptr made{X509_new()};
    auto* const certificate = made.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate), text.from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), text.until);
    X509_set_pubkey(certificate, key);
    auto* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(text.common_name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, own_ ? X509_get_subject_name(own_.get()) : name);
    if (text.authority)
      add(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (!text.dns_name.empty())
      add(certificate, NID_subject_alt_name, "DNS:" + text.dns_name);
    if (X509_sign(certificate, own_key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error{"X509_sign"};
    return made;
  }

  static void add(X509* certificate, int kind, const std::string& value) {
    const extension_ptr extension{X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str())};
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
      throw std::runtime_error{"X509_add_ext"};
  }

  void write(const std::string& name, X509* certificate) const {
    const file_ptr file{std::fopen(path(name).c_str(), "w")};
    if (!file || PEM_write_X509(file.get(), certificate) != 1)
      throw std::runtime_error{"PEM_write_X509"};
  }

  mqttzoo::test::scratch_directory directory_;
  key_ptr own_key_;
  certificate_ptr own_;
  long serial_ = 0;
  int issued_ = 0;
};

} // namespace mqttzoo::net::test
