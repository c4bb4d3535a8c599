// Who comes from where: how many connections an address has, and how fast it opens them.
//
// Part of a `seating`, for as long as that. An IPv4 address counts by itself, an IPv6 address as
// the /64 network it is in, since whoever has one has all of it. An address stands here while it
// has a connection or has used some of its rate. Bounded by the caller: who comes when the book is
// full has the address forgotten that has been without a connection for longest, counted, which
// gives that one its burst back; there is always one, as there are no more connections than places.
// Thread-safe: connections come on one thread and go on any.
#pragma once

#include "core/ip_network.hpp"
#include "core/token_bucket.hpp"
#include "net/endpoint.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace mqttzoo::net {

/// As the settings have it.
struct address_limits {
  std::uint32_t connections_max = 0;    ///< 0: no limit
  core::rate_limit connections;         ///< a second
  std::vector<core::ip_network> exempt; ///< no limit holds for these

  bool any() const noexcept { return connections_max != 0 || connections; }
};

/// A key without a meaning of its own; see address_book.cpp.
enum class address_key : std::uint64_t {};

class address_book {
public:
  using time_point = core::token_bucket::time_point;

  /// What is known of an address.
  class entry : public boost::intrusive::list_base_hook<
                    boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    friend class address_book;
    address_key of_{};
    std::uint32_t open_ = 0; ///< connections
    core::token_bucket rate_;
  };

  enum class verdict : std::uint8_t {
    welcome,
    has_too_many, ///< connections
    too_fast,
  };
  struct answer {
    verdict says = verdict::welcome;
    entry* at = nullptr; ///< for go(); null if it is not counted
    bool forgot = false; ///< another address, to have room
  };

  address_book();
  ~address_book();

  /// For those who come; who came before is counted only if a limit held then.
  void set_limits(address_limits limits);

  /// A connection of `peer` wants to be one more; the book has `places` at most.
  answer come(const endpoint& peer, std::size_t places, time_point now);
  /// It is gone.
  void go(entry& at) noexcept;

  std::size_t size() const;

private:
  struct hash {
    std::uint64_t seed;
    std::size_t operator()(address_key k) const noexcept;
  };
  using idle_list = boost::intrusive::list<entry, boost::intrusive::constant_time_size<false>>;

  static address_key key_of(const core::ip_bytes& address) noexcept;
  bool is_exempt(const core::ip_bytes& address) const noexcept;
  void forget_recovered(time_point now);
  void forget_first();

  mutable std::mutex mutex_;
  address_limits limits_;
  std::unordered_map<address_key, entry, hash> entries_;
  idle_list idle_; ///< without a connection, the longest first
};

/// IPv4 as the IPv6 address it is mapped to.
core::ip_bytes bytes_of(const endpoint& e) noexcept;

} // namespace mqttzoo::net
