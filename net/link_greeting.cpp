#include "net/link_greeting.hpp"

#include "net/wire_integers.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace mqttzoo::net {

namespace {

constexpr std::string_view magic = "MQZL";

bool is_name_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name_char(char c) noexcept {
  return is_name_start(c) || c == '-' || c == '_' || c == '.';
}

void append_name(std::string& out, std::string_view name) {
  assert(is_link_name(name));
  out += static_cast<char>(name.size());
  out += name;
}

/// Takes values off the front; after the first failure each is empty.
class hello_reader {
public:
  explicit hello_reader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::string_view bytes(std::size_t n) noexcept {
    ok_ = ok_ && rest_.size() >= n;
    if (!ok_)
      return {};
    const auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  std::uint8_t u8() noexcept {
    const auto at = bytes(1);
    return ok_ ? static_cast<std::uint8_t>(at[0]) : std::uint8_t{0};
  }
  std::uint32_t u32() noexcept {
    const auto at = bytes(4);
    return ok_ ? read_u32(at.data()) : 0;
  }
  std::uint64_t u64() noexcept {
    const auto at = bytes(8);
    return ok_ ? read_u64(at.data()) : 0;
  }
  std::string name() {
    const auto text = bytes(u8());
    ok_ = ok_ && is_link_name(text);
    return std::string{text};
  }
  bool complete() const noexcept { return ok_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool ok_ = true;
};

std::uint32_t clamp_u32(std::uint64_t value) noexcept {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

} // namespace

bool is_link_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= link_name_bytes_max && is_name_start(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_char);
}

void append_hello(std::string& out, const link_hello& hello) {
  out += magic;
  out += static_cast<char>(link_protocol_version);
  append_u32(out, clamp_u32(hello.terms.frame_bytes_max));
  append_u32(out, clamp_u32(static_cast<std::uint64_t>(hello.terms.silence_max.count())));
  append_u64(out, hello.incarnation);
  append_u64(out, hello.incarnation_known);
  append_name(out, hello.cluster);
  append_name(out, hello.from);
  append_name(out, hello.to);
}

expected<link_hello, link_refusal> read_hello(std::string_view body) {
  hello_reader in{body};
  if (in.bytes(magic.size()) != magic)
    return unexpected<link_refusal>{link_refusal::malformed};
  if (in.u8() != link_protocol_version) // of what follows nothing is known
    return unexpected<link_refusal>{link_refusal::version};
  link_hello hello;
  hello.terms.frame_bytes_max = in.u32();
  hello.terms.silence_max = std::chrono::milliseconds{in.u32()};
  hello.incarnation = in.u64();
  hello.incarnation_known = in.u64();
  hello.cluster = in.name();
  hello.from = in.name();
  hello.to = in.name();
  if (!in.complete())
    return unexpected<link_refusal>{link_refusal::malformed};
  return hello;
}

link_greeting link_greeting::dialling(link_identity own, link_terms terms, std::string peer,
                                      pod_incarnations& known) {
  assert(is_link_name(peer));
  return {role::dials, std::move(own), terms, std::move(peer), known};
}

link_greeting link_greeting::accepting(link_identity own, link_terms terms,
                                       pod_incarnations& known) {
  return {role::accepts, std::move(own), terms, {}, known};
}

link_greeting::link_greeting(role r, link_identity own, link_terms terms, std::string peer,
                             pod_incarnations& known)
    : role_(r), own_(std::move(own)), terms_(terms), peer_{std::move(peer), 0}, known_(known) {
  assert(is_link_name(own_.cluster) && is_link_name(own_.pod));
}

void link_greeting::start(std::string& out) {
  if (role_ == role::dials)
    say_hello(out);
}

void link_greeting::say_hello(std::string& out) const {
  std::string body;
  append_hello(body, {own_.cluster, own_.pod, peer_.pod, own_.incarnation,
                      known_.greatest_of(peer_.pod), terms_});
  append_link_frame(out, link_kind::hello, body);
}

link_greeting::progress link_greeting::on_frame(const link_frame& frame, const peer_proof* proof,
                                                std::string& out) {
  if (frame.kind == link_kind::refuse)
    return on_refuse(frame.body);
  if (frame.kind == link_kind::hello && !heard_hello_)
    return on_hello(frame.body, proof, out);
  if (frame.kind == link_kind::accept && heard_hello_)
    return on_accept(frame.body, out);
  return refuse(link_refusal::malformed, out);
}

link_greeting::progress link_greeting::on_hello(std::string_view body, const peer_proof* proof,
                                                std::string& out) {
  const auto hello = read_hello(body);
  if (!hello)
    return refuse(hello.error(), out);
  if (const auto why = judge(*hello, proof); why != link_refusal::none)
    return refuse(why, out);
  heard_hello_ = true;
  peer_ = {hello->from, hello->incarnation};
  peer_terms_ = hello->terms;
  if (role_ == role::accepts) {
    say_hello(out);
    return progress::waiting;
  }
  append_link_frame(out, link_kind::accept, {});
  return open();
}

/// The name comes before everything that a wrong one would make meaningless.
link_refusal link_greeting::judge(const link_hello& hello, const peer_proof* proof) const {
  if (hello.cluster != own_.cluster)
    return link_refusal::wrong_cluster;
  if (hello.to != own_.pod || hello.from == own_.pod)
    return link_refusal::wrong_name;
  if (role_ == role::dials && hello.from != peer_.pod)
    return link_refusal::wrong_name;
  if (proof && !proof->proves(hello.from))
    return link_refusal::not_proven;
  if (role_ == role::accepts && !dials(hello.from, own_.pod))
    return link_refusal::wrong_direction;
  if (hello.incarnation < known_.greatest_of(hello.from))
    return link_refusal::older_incarnation;
  if (hello.incarnation_known > own_.incarnation)
    return link_refusal::superseded;
  return link_refusal::none;
}

link_greeting::progress link_greeting::on_accept(std::string_view body, std::string& out) {
  return body.empty() ? open() : refuse(link_refusal::malformed, out);
}

link_greeting::progress link_greeting::open() {
  known_.learn(peer_.pod, peer_.incarnation);
  return progress::open;
}

link_greeting::progress link_greeting::on_refuse(std::string_view body) {
  const auto why = body.empty() ? link_refusal::none : static_cast<link_refusal>(body[0]);
  refusal_ = why == link_refusal::none || why > link_refusal::other ? link_refusal::other : why;
  return progress::refused_by_peer;
}

link_greeting::progress link_greeting::refuse(link_refusal why, std::string& out) {
  refusal_ = why;
  const char byte = static_cast<char>(why);
  append_link_frame(out, link_kind::refuse, {&byte, 1});
  return progress::refused;
}

} // namespace mqttzoo::net
