// The hash of names: SipHash by its vectors and by a plain version of it, and what the key is for.
#define CAF_SUITE core.name_hash

#include "core/name_hash.hpp"

#include "core/ids.hpp"
#include "core/name_map.hpp"
#include "core/random.hpp"
#include "tests/core/colliding_names.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

using namespace mqttzoo;
using namespace mqttzoo::core;

namespace {

/// Of the reference's test vectors.
constexpr sip_key reference_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string bytes_up_to(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i)
    bytes += static_cast<char>(i);
  return bytes;
}

/// SipHash as its paper has it, byte by byte and without any haste.
class plain_sip_hash {
public:
  plain_sip_hash(int rounds_a_word, int rounds_at_end)
      : rounds_a_word_(rounds_a_word), rounds_at_end_(rounds_at_end) {}

  std::uint64_t operator()(std::string bytes, const sip_key& key) {
    v_ = {key[0] ^ word("uespemos"), key[1] ^ word("modnarod"), key[0] ^ word("arenegyl"),
          key[1] ^ word("setybdet")};
    const auto length = static_cast<char>(bytes.size() % 256);
    while (bytes.size() % 8 != 7)
      bytes += '\0';
    bytes += length;
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      const auto m = word(bytes.substr(at, 8));
      v_[3] ^= m;
      compress(rounds_a_word_);
      v_[0] ^= m;
    }
    v_[2] ^= 255;
    compress(rounds_at_end_);
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

private:
  static std::uint64_t word(const std::string& bytes) {
    std::uint64_t result = 0;
    for (auto i = bytes.rbegin(); i != bytes.rend(); ++i)
      result = result * 256 + static_cast<unsigned char>(*i);
    return result;
  }
  static std::uint64_t rotate(std::uint64_t x, int by) { return x << by | x >> (64 - by); }

  /// Adds `from` to `to`, and has it rotated and mixed with the sum.
  void half(int to, int from, int by) {
    at(to) += at(from);
    at(from) = rotate(at(from), by) ^ at(to);
  }
  void compress(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      half(0, 1, 13);
      half(2, 3, 16);
      at(0) = rotate(at(0), 32);
      half(2, 1, 17);
      half(0, 3, 21);
      at(2) = rotate(at(2), 32);
    }
  }
  std::uint64_t& at(int i) { return v_[static_cast<std::size_t>(i)]; }

  int rounds_a_word_;
  int rounds_at_end_;
  std::array<std::uint64_t, 4> v_{};
};

/// Names in the order of their hashes.
std::vector<std::string> in_order(std::vector<std::string> names, const sip_key& key) {
  std::sort(names.begin(), names.end(),
            [&](const auto& a, const auto& b) { return hash_name(a, key) < hash_name(b, key); });
  return names;
}

} // namespace

CAF_TEST(vectors of the reference come out) {
  const auto of = [](std::string text) { return sip_hash<2, 4>{reference_key}.finish(text); };
  CAF_CHECK_EQUAL(of(""), 0x726fdb47dd0e0e31u);
  CAF_CHECK_EQUAL(of(bytes_up_to(8)), 0x93f5f5799a932462u);
  CAF_CHECK_EQUAL(of(bytes_up_to(15)), 0xa129ca6149be45e5u);
  CAF_CHECK_EQUAL(hash_name("", reference_key), 0xabac0158050fc4dcu); // of 1-3
}

CAF_TEST(a plain version gives the same) {
  random_source dice{3};
  plain_sip_hash many{2, 4}, few{1, 3};
  for (std::size_t size = 0; size < 600; ++size) {
    const sip_key key{dice(), dice()};
    std::string text(size, '\0');
    for (auto& c : text)
      c = static_cast<char>(dice.below(256));
    CAF_CHECK_EQUAL((sip_hash<2, 4>{key}.finish(text)), many(text, key));
    CAF_CHECK_EQUAL(hash_name(text, key), few(text, key));
  }
}

CAF_TEST(a number ahead of a name is hashed as its bytes) {
  plain_sip_hash few{1, 3};
  for (std::size_t size = 0; size < 20; ++size) {
    const auto name = bytes_up_to(size);
    const auto all = std::string{"\x02\x01\0\0\0\0\0\0", 8} + name;
    CAF_CHECK_EQUAL(hash_name_below(0x0102, name, reference_key), few(all, reference_key));
  }
}

CAF_TEST(views of a longer text hash as what they view) {
  const auto text = bytes_up_to(64);
  for (std::size_t from = 0; from < 16; ++from)
    for (std::size_t size = 0; size < 32; ++size) {
      const auto view = std::string_view{text}.substr(from, size);
      CAF_CHECK_EQUAL(hash_name(view, reference_key), hash_name(std::string{view}, reference_key));
    }
}

CAF_TEST(another key is another hash and another order) {
  const auto names = test::colliding_names(100);
  const sip_key a{1, 2};
  for (const sip_key b : {sip_key{1, 3}, sip_key{2, 2}, sip_key{2, 1}}) {
    for (const auto& n : names)
      CAF_CHECK_NOT_EQUAL(hash_name(n, a), hash_name(n, b));
    CAF_CHECK(in_order(names, a) != in_order(names, b));
  }
  CAF_CHECK(in_order(names, a) == in_order(names, a));
}

CAF_TEST(the key of the process is drawn and stays) {
  const auto key = name_key();
  CAF_CHECK(key != sip_key{});
  CAF_CHECK(key == name_key());
  CAF_CHECK(draw_name_key() != draw_name_key()); // nobody chose one here
}

CAF_TEST(texts and strong strings hash alike) {
  const std::string text = "sensors/1";
  CAF_CHECK_EQUAL(name_hasher{}(text), name_hasher{}(std::string_view{text}));
  CAF_CHECK_EQUAL(name_hasher{}(text), name_hasher{}("sensors/1"));
  CAF_CHECK_EQUAL(name_hasher{}(text), name_hasher{}(client_id{text}));
  CAF_CHECK_EQUAL(name_hasher{}(text), std::hash<client_id>{}(client_id{text}));
  CAF_CHECK_EQUAL(name_hasher{}(text), hash_name(text, name_key()));
}

CAF_TEST(names that were made to collide do not ) {
  const auto names = test::colliding_names(2000);
#ifdef __GLIBCXX__ // else they are names as others are
  for (const auto& n : names)
    CAF_CHECK_EQUAL(std::hash<std::string>{}(n), std::hash<std::string>{}(names.front()));
#endif
  name_map<int> by_name;
  name_set set;
  name_view_map<int> by_view;
  name_view_set view_set;
  std::unordered_map<client_id, int> by_client;
  for (const auto& n : names) {
    by_name.emplace(n, 0);
    set.insert(n);
    by_view.emplace(n, 0);
    view_set.insert(n);
    by_client.emplace(client_id{n}, 0);
  }
  CAF_CHECK_LESS(test::fullest_bucket(by_name), test::crowd);
  CAF_CHECK_LESS(test::fullest_bucket(set), test::crowd);
  CAF_CHECK_LESS(test::fullest_bucket(by_view), test::crowd);
  CAF_CHECK_LESS(test::fullest_bucket(view_set), test::crowd);
  CAF_CHECK_LESS(test::fullest_bucket(by_client), test::crowd);
  CAF_CHECK(by_name.contains(std::string_view{names.front()}));
  CAF_CHECK(set.contains(std::string_view{names.back()}));
}
