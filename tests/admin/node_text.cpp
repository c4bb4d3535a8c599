// Nodes of the store are told by their place and decoded; what makes no sense is no error.
#define CAF_SUITE admin.node_text
#include "admin/node_text.hpp"

#include "zk/ledger.hpp"
#include "zk/pod_record.hpp"
#include "zk/records.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using admin::decode_node;

namespace {
const zk::paths paths;
}

CAF_TEST(the bank is decoded) {
  const auto free = decode_node(paths, paths.bank_free(), zk::encode_free({7, 9}));
  CAF_CHECK_EQUAL(free.kind, "bank free");
  CAF_CHECK_EQUAL(free.content["free_credits"], 7);
  const pod_life life{"mqttzoo-0-17"};
  const auto in = decode_node(paths, paths.bank_pod_in(life), zk::encode_granted({5}));
  CAF_CHECK_EQUAL(in.content["granted_credits"], 5);
  const auto out = decode_node(paths, paths.bank_pod_out(life), zk::encode_spent({3, 4}));
  CAF_CHECK_EQUAL(out.content["spent_credits"], 4);
}

CAF_TEST(sessions and mail are decoded) {
  const client_id client{"meter"};
  zk::session_record s;
  s.client_id = client;
  const auto at = paths.session(client);
  const auto session = decode_node(paths, at, zk::encode_session(s).value());
  CAF_CHECK_EQUAL(session.content["client"], "meter");
  const zk::received_record r{17};
  const auto received =
      decode_node(paths, zk::paths::received(at, 17), zk::encode_received(r).value());
  CAF_CHECK_EQUAL(received.content["packet_id"], 17);
  zk::mail_record m;
  m.topic = "a/b";
  m.payload = "secret";
  const auto drop = paths.mail_drop("a/b", {1000, 60, zk::session_id{1}, 1});
  const auto mail = decode_node(paths, drop, zk::encode_mail(m).value());
  CAF_CHECK_EQUAL(mail.kind, "mail");
  CAF_CHECK_EQUAL(mail.content["credits"], 60);
  CAF_CHECK_EQUAL(mail.content["payload_bytes"], 6);
  CAF_CHECK(mail.content.dump().find("secret") == std::string::npos);
}

CAF_TEST(a pod is decoded) {
  const zk::pod_record p{"mqttzoo-0", 17, "l", "m", "v", "http://h:1"};
  const auto t = decode_node(paths, paths.pod("mqttzoo-0", 17), zk::encode_pod(p));
  CAF_CHECK_EQUAL(t.kind, "pod");
  CAF_CHECK_EQUAL(t.content["admin"], "http://h:1");
}

CAF_TEST(the key is not shown and rubbish is null) {
  CAF_CHECK(decode_node(paths, paths.root(), "0123456789abcdef").content.is_null());
  CAF_CHECK(decode_node(paths, paths.bank_free(), "rubbish").content.is_null());
  CAF_CHECK(decode_node(paths, paths.root() + "/x", "\x01").content.is_null());
}
