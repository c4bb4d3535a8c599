#include "auth/hook_memory.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mqttzoo::auth {

namespace {

constexpr std::size_t secret_bytes = 32;

/// With its length in front, so that no two lists of texts become one.
void append(std::string& to, std::string_view text) {
  to += std::to_string(text.size()) + ':';
  to += text;
}

} // namespace

hook_memory::hook_memory() : secret_(secret_bytes, '\0') {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret_.data()), secret_bytes) != 1)
    throw std::runtime_error{"no random bytes"};
}

std::string hook_memory::key_of(const login& l) const {
  std::string text;
  append(text, l.client);
  append(text, l.user.value_or(""));
  append(text, l.password.value_or(""));
  append(text, std::string_view{l.peer}.substr(0, l.peer.rfind(':'))); // without its port
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  OPENSSL_cleanse(text.data(), text.size());
  return {reinterpret_cast<const char*>(mac.data()), size};
}

const hook_memory::remembered* hook_memory::find(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end())
    return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->what;
}

void hook_memory::keep(const std::string& key, hook_answer answer, time_point now,
                       std::size_t entries_max) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    entries_.erase(found->second);
    by_key_.erase(found);
  }
  entries_.push_front({key, {std::move(answer), now}});
  by_key_.emplace(key, entries_.begin());
  while (entries_.size() > entries_max) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void hook_memory::clear() {
  ++clears_;
  by_key_.clear();
  entries_.clear();
}

} // namespace mqttzoo::auth
