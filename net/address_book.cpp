#include "net/address_book.hpp"

#include <random>
#include <utility>

namespace mqttzoo::net {

namespace {

/// So that nobody can choose addresses that share a bucket of the table.
std::uint64_t draw_seed() {
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

} // namespace

core::ip_bytes bytes_of(const endpoint& e) noexcept {
  namespace ip = boost::asio::ip;
  const auto& a = e.address();
  return a.is_v6() ? a.to_v6().to_bytes()
                   : ip::make_address_v6(ip::v4_mapped, a.to_v4()).to_bytes();
}

/// splitmix64's last step.
std::size_t address_book::hash::operator()(address_key k) const noexcept {
  auto x = static_cast<std::uint64_t>(k) + seed;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return static_cast<std::size_t>(x ^ (x >> 31));
}

address_book::address_book() : entries_(0, hash{draw_seed()}) {}

address_book::~address_book() = default;

/// The first half of an IPv6 address, or an IPv4 address below a prefix that is multicast's, which
/// no peer has.
address_key address_book::key_of(const core::ip_bytes& address) noexcept {
  const bool v4 = core::is_mapped_ipv4(address);
  const auto* at = address.data() + (v4 ? core::mapped_ipv4_bits / 8 : 0);
  std::uint64_t bits = v4 ? 0xFFFF'FFFF : 0;
  for (int i = 0; i < (v4 ? 4 : 8); ++i)
    bits = bits << 8 | at[i];
  return address_key{bits};
}

bool address_book::is_exempt(const core::ip_bytes& address) const noexcept {
  for (const auto& n : limits_.exempt)
    if (n.contains(address))
      return true;
  return false;
}

void address_book::set_limits(address_limits limits) {
  std::lock_guard guard{mutex_};
  limits_ = std::move(limits);
  while (!limits_.any() && !idle_.empty())
    forget_first();
}

address_book::answer address_book::come(const endpoint& peer, std::size_t places, time_point now) {
  std::lock_guard guard{mutex_};
  answer a;
  const auto address = bytes_of(peer);
  if (!limits_.any() || is_exempt(address))
    return a;
  forget_recovered(now);
  const auto of = key_of(address);
  auto found = entries_.find(of);
  if (found == entries_.end()) {
    a.forgot = entries_.size() >= places && !idle_.empty();
    if (a.forgot)
      forget_first();
    found = entries_.try_emplace(of).first;
    found->second.of_ = of;
    idle_.push_back(found->second);
  }
  auto& e = found->second;
  if (limits_.connections_max != 0 && e.open_ >= limits_.connections_max)
    a.says = verdict::has_too_many;
  else if (e.rate_.left(limits_.connections, now) == 0)
    a.says = verdict::too_fast;
  if (a.says != verdict::welcome)
    return a;
  e.rate_.take(1, limits_.connections, now);
  ++e.open_;
  e.unlink();
  a.at = &e;
  return a;
}

void address_book::go(entry& at) noexcept {
  std::lock_guard guard{mutex_};
  if (--at.open_ > 0)
    return;
  if (limits_.any())
    idle_.push_back(at);
  else
    entries_.erase(at.of_);
}

/// From the front as far as that goes: those behind it went later.
void address_book::forget_recovered(time_point now) {
  while (!idle_.empty() && idle_.front().rate_.full(now))
    forget_first();
}

void address_book::forget_first() {
  const auto of = idle_.front().of_;
  idle_.pop_front();
  entries_.erase(of);
}

std::size_t address_book::size() const {
  std::lock_guard guard{mutex_};
  return entries_.size();
}

} // namespace mqttzoo::net
