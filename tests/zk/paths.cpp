// Paths: the layout as written down, the hash by its published vectors, names there and back.
#define CAF_SUITE zk.paths

#include "zk/paths.hpp"

#include "core/random.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace mqttzoo;
using namespace mqttzoo::zk;

namespace {

const paths at;

std::string bytes_up_to(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i)
    bytes += static_cast<char>(i);
  return bytes;
}

} // namespace

CAF_TEST(the hash is SipHash of the reference) {
  // Key and results of the reference implementation's test vectors.
  constexpr hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  CAF_CHECK_EQUAL(name_hash("", key), 0x726fdb47dd0e0e31u);
  CAF_CHECK_EQUAL(name_hash(bytes_up_to(8), key), 0x93f5f5799a932462u);
  CAF_CHECK_EQUAL(name_hash(bytes_up_to(15), key), 0xa129ca6149be45e5u);
  CAF_CHECK_NOT_EQUAL(name_hash("a", key), name_hash("a", paths::default_key));
}

CAF_TEST(hashes are sixteen digits) {
  CAF_CHECK_EQUAL(hex16(0), "0000000000000000");
  CAF_CHECK_EQUAL(hex16(0xabc), "0000000000000abc");
  CAF_CHECK_EQUAL(hex16(0xfedcba9876543210), "fedcba9876543210");
}

CAF_TEST(the layout is stable) {
  // What stands on disk: a change here needs a migration.
  CAF_CHECK_EQUAL(at.pod("mqttzoo-0", 0x2a), "/mqttzoo/pods/mqttzoo-0-2a");
  CAF_CHECK_EQUAL(at.leader(), "/mqttzoo/leader");
  CAF_CHECK_EQUAL(at.epoch(), "/mqttzoo/epoch");
  CAF_CHECK_EQUAL(at.bank_free(), "/mqttzoo/bank/free");
  CAF_CHECK_EQUAL(at.bank_pod_in("p", 1), "/mqttzoo/bank/pods/p-1/in");
  CAF_CHECK_EQUAL(at.bank_pod_out("p", 1), "/mqttzoo/bank/pods/p-1/out");
  const auto hash = hex16(name_hash("a/b", paths::default_key));
  const auto levels = hash.substr(0, 2) + '/' + hash.substr(2, 2);
  CAF_CHECK_EQUAL(at.topic_bucket("a/b"), "/mqttzoo/topics/" + levels);
  CAF_CHECK_EQUAL(at.retained("a/b"), "/mqttzoo/retained/" + levels + '/' + hash);
  CAF_CHECK_EQUAL(at.session(client_id{"a/b"}), "/mqttzoo/sessions/" + levels + '/' + hash);
  CAF_CHECK_EQUAL(at.session(client_id{"a/b"}, 2),
                  "/mqttzoo/sessions/" + levels + '/' + hash + "-2");
  CAF_CHECK_EQUAL(paths::session_owner("/s"), "/s/owner");
  CAF_CHECK_EQUAL(paths::pointer_prefix("/s"), "/s/p-");
  CAF_CHECK_EQUAL(paths::received("/s", 0xffff), "/s/r-ffff");
  CAF_CHECK_EQUAL(paths{"/x/y"}.leader(), "/x/y/leader");
  CAF_CHECK_EQUAL(at.session(client_id{"a/b"}).size(), 40u);
  CAF_CHECK_EQUAL(hex16(at.client_bucket(client_id{"a/b"})).substr(12), hash.substr(0, 4));
}

CAF_TEST(hashes do not change between versions) {
  CAF_CHECK_EQUAL(hex16(name_hash("sensors/1/temperature", paths::default_key)),
                  "e5fea0d6cfe7ce76");
}

CAF_TEST(the skeleton lists parents first) {
  for (const auto* root : {"/mqttzoo", "/a/b/c"}) {
    std::set<std::string> known{"/"};
    for (const auto& path : paths{root}.skeleton()) {
      CAF_CHECK(is_valid_path(path));
      CAF_CHECK(known.contains(std::string{parent_of(path)}));
      CAF_CHECK(known.insert(path).second);
    }
    CAF_CHECK(known.contains(paths{root}.bank_free()));
    CAF_CHECK(known.contains(paths{root}.sessions()));
  }
}

CAF_TEST(whatever clients choose becomes a valid path) {
  core::random_source dice{7};
  for (int i = 0; i < 2000; ++i) {
    std::string name(dice.below(100), '\0');
    for (auto& c : name)
      c = static_cast<char>(dice.below(256));
    CAF_CHECK(is_valid_path(at.session(client_id{name})));
    CAF_CHECK(is_valid_path(at.retained(name)));
    CAF_CHECK(is_valid_path(at.wildcard_shard(name)));
    CAF_CHECK(is_valid_path(at.mail_drop(name, {})));
  }
}

CAF_TEST(names spread over the buckets) {
  std::map<std::string, int> of_first_level;
  for (int i = 0; i < 25'600; ++i)
    ++of_first_level[at.topic_bucket("sensors/" + std::to_string(i)).substr(0, 18)];
  CAF_CHECK_EQUAL(of_first_level.size(), 256u);
  for (const auto& [bucket, names] : of_first_level)
    CAF_CHECK(names > 50 && names < 160); // 100 expected, deviation 10
}

CAF_TEST(wildcard filters go by their first level) {
  CAF_CHECK_EQUAL(at.wildcard_shard("#"), "/mqttzoo/wildcards/any");
  CAF_CHECK_EQUAL(at.wildcard_shard("+/a"), "/mqttzoo/wildcards/any");
  CAF_CHECK_EQUAL(at.wildcard_shard("a/#"), at.wildcard_shard("a/+/b"));
  CAF_CHECK_EQUAL(at.wildcard_shard("a/#"), at.wildcard_shard("a"));
  CAF_CHECK_NOT_EQUAL(at.wildcard_shard("a/#"), "/mqttzoo/wildcards/any");
}

CAF_TEST(mail names say what they hold) {
  core::random_source dice{11};
  for (int i = 0; i < 1000; ++i) {
    const mail_name name{static_cast<std::int64_t>(dice() >> dice.between(1, 63)),
                         dice() >> dice.below(64), static_cast<session_id>(dice()),
                         dice() >> dice.below(64)};
    const auto text = format_mail_name(name);
    CAF_CHECK(is_valid_path('/' + text));
    CAF_CHECK(parse_mail_name(text) == name);
  }
  CAF_CHECK_EQUAL(format_mail_name({0x1000, 0x20, session_id{3}, 0x4}), "m-1000-20-3-4");
  for (const auto* text :
       {"", "m", "m-", "m-1-2-3", "m-1-2-3-", "m-1-2-3-4-", "m-1-2-3-4-5", "m-1--3-4", "m-g-2-3-4",
        "x-1-2-3-4", "m-1-2-3-10000000000000000", "m--1-2-3-4", "m-1-2-3-4 "})
    CAF_CHECK(!parse_mail_name(text));
}

CAF_TEST(paths come apart) {
  CAF_CHECK_EQUAL(parent_of("/a/b/c"), "/a/b");
  CAF_CHECK_EQUAL(parent_of("/a"), "/");
  CAF_CHECK_EQUAL(parent_of("/"), "/");
  CAF_CHECK_EQUAL(last_level_of("/a/b/c"), "c");
  CAF_CHECK_EQUAL(last_level_of("/"), "");
}
