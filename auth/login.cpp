#include "auth/login.hpp"

#include <openssl/crypto.h>

namespace mqttzoo::auth {

login::~login() {
  if (password)
    OPENSSL_cleanse(password->data(), password->size());
}

bool is_loopback(std::string_view peer) noexcept {
  return peer.starts_with("127.") || peer.starts_with("[::1]:") || // IPv6 stands in brackets
         peer == "unix" || peer.starts_with("unix via ");          // by another pod
}

} // namespace mqttzoo::auth
