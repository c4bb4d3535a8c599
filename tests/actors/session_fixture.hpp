// A pod with a publisher and a client that hears of wills, for tests of the session actor.
#pragma once

#include "tests/actors/fixture.hpp"

#include <string>

namespace mqttzoo::test {

struct session_fixture : pod_fixture {
  client publisher{*this, "p"};
  client watcher{*this, "w"};

  session_fixture() {
    publisher.connect();
    watcher.connect();
    watcher.subscribe("will");
    watcher.received();
  }

  static mqtt::will make_will(std::uint32_t delay_s = 0) {
    mqtt::will w;
    w.topic = "will";
    w.payload = "gone";
    w.delay_interval_s = delay_s;
    return w;
  }

  /// As the session's record has it; 0 while it is connected.
  std::int64_t lost_at_unix_ms(const std::string& client) {
    std::int64_t at = -1;
    const auto path = zk::paths{}.session(client_id{client});
    for_each_node_below(zk::paths{}.sessions(), [&](const zk::scanned_node& node) {
      if (node.path == path)
        at = zk::decode_session(node.data)->disconnected_at_unix_ms;
    });
    return at;
  }

  void let_topics_retire() {
    advance(services.settings.topics.idle_timeout);
    advance(services.settings.topics.idle_timeout);
  }
};

} // namespace mqttzoo::test
