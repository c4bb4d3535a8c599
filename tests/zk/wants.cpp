// What pods want: there and back, what is refused, and the bytes written down.
#define CAF_SUITE zk.wants

#include "zk/wants.hpp"

#include "core/random.hpp"
#include "zk/paths.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace std::string_literals;

namespace {

constexpr int rounds = 300;

bucket_record random_bucket(core::random_source& dice) {
  bucket_record b;
  for (auto n = dice.below(20); n > 0; --n)
    b.add(pod_life{"pod-" + std::to_string(dice.below(4))}, dice());
  return b;
}

filter_log_record random_log(core::random_source& dice) {
  filter_log_record r;
  r.parts = static_cast<std::uint32_t>(dice.between(1, 5));
  r.part = static_cast<std::uint32_t>(dice.below(r.parts));
  for (auto n = dice.below(5); n > 0; --n)
    r.changes.push_back({dice.below(2) == 0, "f" + std::to_string(dice())});
  return r;
}

/// Round trips, and what becomes of every record cut short, lengthened or altered in one byte.
template<class Record>
void examine(Record (*random)(core::random_source&), encoded (*encode)(const Record&),
             decoded<Record> (*decode)(std::string_view)) {
  core::random_source dice{7};
  for (int round = 0; round < rounds; ++round) {
    const auto record = random(dice);
    const auto bytes = encode(record).value();
    CAF_REQUIRE(decode(bytes).value() == record);
    const auto longer = decode(bytes + 'x');
    CAF_REQUIRE(!longer && longer.error() == record_error::trailing_bytes);
    for (std::size_t size = 1; size < bytes.size(); ++size)
      CAF_REQUIRE(!decode(std::string_view{bytes}.substr(0, size)));
    auto altered = bytes;
    altered[dice.below(altered.size())] ^= static_cast<char>(dice.between(1, 255));
    if (const auto other = decode(altered)) // then it is a record, and in order
      CAF_REQUIRE(encode(*other) == encoded{altered});
  }
}

} // namespace

CAF_TEST(a bucket comes back as it was written and nothing else is one) {
  examine<bucket_record>(random_bucket, encode_bucket, decode_bucket);
}

CAF_TEST(a part of a log comes back as it was written and nothing else is one) {
  examine<filter_log_record>(random_log, encode_filter_log, decode_filter_log);
}

CAF_TEST(the layouts are these) {
  bucket_record b;
  b.add(pod_life{"a-1"}, 0x0807060504030201);
  const auto bucket = encode_bucket(b);
  CAF_CHECK_EQUAL(*bucket,
                  "mz\x06\x01\x01\0\0\0\x03\0\0\0a-1\x01\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08"s);
  const auto log = encode_filter_log({1, 2, {{true, "a/#"}, {false, "b"}}});
  CAF_CHECK_EQUAL(*log, "mz\x07\x01\x01\0\0\0\x02\0\0\0\x02\0\0\0\x01\x03\0\0\0a/#\0\x01\0\0\0b"s);
}

CAF_TEST(a bucket without data is one that nobody wants anything of) {
  CAF_CHECK(decode_bucket("").value().pods.empty());
}

CAF_TEST(a bucket keeps its order and says whether something changed) {
  bucket_record b;
  CAF_CHECK(b.add(pod_life{"b"}, 2));
  CAF_CHECK(b.add(pod_life{"a"}, 9));
  CAF_CHECK(b.add(pod_life{"b"}, 1));
  CAF_CHECK(!b.add(pod_life{"b"}, 2));
  CAF_CHECK(b == (bucket_record{{{pod_life{"a"}, {9}}, {pod_life{"b"}, {1, 2}}}}));
  CAF_CHECK(!b.remove(pod_life{"a"}, 2));
  CAF_CHECK(!b.remove(pod_life{"c"}, 2));
  CAF_CHECK(b.remove(pod_life{"a"}, 9)); // and with it the pod
  CAF_CHECK(b.find(pod_life{"a"}) == nullptr);
  CAF_CHECK(b.find(pod_life{"b"}) != nullptr);
}

CAF_TEST(records out of order or bounds are refused both ways) {
  const auto bad = [](const bucket_record& b) {
    const auto e = encode_bucket(b);
    return !e && e.error() == record_error::bad_value;
  };
  CAF_CHECK(bad({{{pod_life{"b"}, {1}}, {pod_life{"a"}, {1}}}}));
  CAF_CHECK(bad({{{pod_life{"a"}, {1}}, {pod_life{"a"}, {2}}}}));
  CAF_CHECK(bad({{{pod_life{"a"}, {2, 1}}}}));
  CAF_CHECK(bad({{{pod_life{"a"}, {1, 1}}}}));
  CAF_CHECK(bad({{{pod_life{"a"}, {}}}}));
  CAF_CHECK(bad({{{pod_life{""}, {1}}}}));
  CAF_CHECK(!encode_filter_log({1, 1, {}}));
  CAF_CHECK(!encode_filter_log({0, 1, {{true, ""}}}));
  const auto empty_filter =
      decode_filter_log("mz\x07\x01\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\0"s);
  CAF_CHECK(!empty_filter && empty_filter.error() == record_error::bad_value);
  const auto neither = decode_filter_log("mz\x07\x01\0\0\0\0\x01\0\0\0\x01\0\0\0\x02\x01\0\0\0a"s);
  CAF_CHECK(!neither && neither.error() == record_error::bad_value);
  const auto newer = decode_bucket("mz\x06\x02"s);
  CAF_CHECK(!newer && newer.error() == record_error::unknown_version);
  const auto other = decode_bucket("mz\x07\x01\0\0\0\0"s);
  CAF_CHECK(!other && other.error() == record_error::wrong_kind);
}

CAF_TEST(a claimed count allocates nothing) {
  const auto bucket = decode_bucket("mz\x06\x01\xff\xff\xff\xff"s);
  CAF_CHECK(!bucket && bucket.error() == record_error::truncated);
  const auto log = decode_filter_log("mz\x07\x01\0\0\0\0\x01\0\0\0\xff\xff\xff\xff"s);
  CAF_CHECK(!log && log.error() == record_error::truncated);
}

CAF_TEST(what a node cannot hold is refused) {
  bucket_record b;
  auto& w = b.pods.emplace_back(topic_wants{pod_life{"a"}, {}});
  for (std::uint64_t n = 0; n < record_bytes_max / 8; ++n)
    w.topics.push_back(n);
  const auto e = encode_bucket(b);
  CAF_CHECK(!e && e.error() == record_error::too_large);
}

CAF_TEST(the name of a node says whose it is and what) {
  using kind = log_node_name::kind;
  const pod_life life{"zoo.example-0-17"};
  CAF_CHECK_EQUAL(log_node_prefix(life, kind::delta), "zoo.example-0-17.d-");
  const log_node_name name{life, kind::snapshot, 42};
  CAF_CHECK_EQUAL(to_string(name), "zoo.example-0-17.s-0000000042");
  CAF_CHECK(parse_log_node_name(to_string(name)) == name);
  for (const auto* wrong : {"", "a", "a.x-0000000042", "a.s-000000042", "a.s-00000000x2",
                            ".s-0000000042", "a.s-0000000042 ", "a-s-0000000042"})
    CAF_CHECK(!parse_log_node_name(wrong));
}

CAF_TEST(a bucket is found by a topic as by its hash) {
  const paths p;
  CAF_CHECK_EQUAL(p.topic_bucket("a/b"), p.topic_bucket(p.topic_hash("a/b")));
  CAF_CHECK_EQUAL(p.pod(pod_life{"zoo-0-11"}), p.pod("zoo-0", 17));
}
