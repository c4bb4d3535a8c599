// What a pod says of itself survives, and what is no such record is refused with a reason.
#define CAF_SUITE pod_record
#include "zk/pod_record.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using zk::decode_pod;

CAF_TEST(a record is read as it was written) {
  const zk::pod_record r{"mqttzoo-0",    17,    "10.0.0.1:7883",
                         "0.0.0.0:1883", "1.0", "http://10.0.0.1:8080"};
  const auto read = decode_pod(zk::encode_pod(r));
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == r);
}

CAF_TEST(a pod of an earlier version has no endpoint for operators) {
  const auto read =
      decode_pod(R"({"name":"a","incarnation":1,"links":"l","mqtt":"m","version":"v"})");
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(read->admin, "");
}

CAF_TEST(fields of a later version are no obstacle) {
  CAF_CHECK(
      decode_pod(R"({"name":"a","incarnation":1,"links":"l","mqtt":"m","version":"v","load":3})")
          .has_value());
}

CAF_TEST(what is no record is refused) {
  const auto why = [](std::string_view data) {
    const auto r = decode_pod(data);
    return r ? std::string{"read"} : r.error();
  };
  CAF_CHECK_EQUAL(why(""), "not a JSON object");
  CAF_CHECK_EQUAL(why("[1]"), "not a JSON object");
  CAF_CHECK_EQUAL(why("{"), "not a JSON object");
  CAF_CHECK_EQUAL(why("{}"), "no text called name");
  CAF_CHECK_EQUAL(why(R"({"name":1})"), "no text called name");
  CAF_CHECK_EQUAL(why(R"({"name":"a","links":"l","mqtt":"m","version":"v"})"),
                  "no number called incarnation");
  CAF_CHECK_EQUAL(why(R"({"name":"a","links":"l","mqtt":"m","version":"v","incarnation":-1})"),
                  "no number called incarnation");
  CAF_CHECK_EQUAL(why(std::string(5000, ' ')), "longer than 4096 bytes");
}
