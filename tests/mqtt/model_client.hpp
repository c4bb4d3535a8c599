// The client of the session's model test: what the standard asks of one, with acknowledgements that
// come when it likes.
//
// Its state outlives its connections and the broker's process. It complains (fails()) about a
// broker that breaks the rules.
#pragma once

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt::testing {

class model_client {
public:
  struct outgoing {
    packet_id id = packet_id::none;
    std::string payload;
    mqtt::qos qos = qos::at_least_once;
    bool released = false;
  };

  explicit model_client(protocol_version v) : version(v) {}

  void connected(std::uint16_t receive_maximum) {
    receive_maximum_ = receive_maximum;
    unacknowledged_.clear();
    answers_.clear();
    to_server.clear();
    for (const auto& m : sending) // [MQTT-4.4.0-1]
      m.released ? answer(packet_type::pubrel, m.id, reason_code::success) : send_publish(m, true);
    flush_answers(answers_.size());
  }

  void publish(std::string payload, qos q) {
    for (;;) {
      last_id_ = last_id_ % 20 + 1; // few: they come round soon
      if (std::none_of(sending.begin(), sending.end(),
                       [&](const auto& m) { return m.id == packet_id{last_id_}; }))
        break;
    }
    sending.push_back({packet_id{last_id_}, std::move(payload), q, false});
    send_publish(sending.back(), false);
  }

  /// Takes one packet; its answer, if any, waits for flush_answers().
  void take(const packet& p, bool refuse) {
    if (const auto* m = std::get_if<publish_packet>(&p))
      return take_publish(*m, refuse);
    const auto* a = std::get_if<ack_packet>(&p);
    if (!a)
      return;
    if (a->type == packet_type::pubrel) {
      held.erase(a->id);
      return answer(packet_type::pubcomp, a->id, reason_code::success);
    }
    const auto m =
        std::find_if(sending.begin(), sending.end(), [&](const auto& o) { return o.id == a->id; });
    if (m == sending.end())
      return;
    if (a->type == packet_type::pubrec && !is_failure(a->reason)) {
      if (m->qos != qos::exactly_once)
        return fail("PUBREC for a message of QoS 1");
      m->released = true;
      return answer(packet_type::pubrel, a->id, reason_code::success);
    }
    if ((a->type == packet_type::puback) != (m->qos == qos::at_least_once))
      return fail("an acknowledgement of the other QoS");
    if (a->type == packet_type::pubcomp && !m->released)
      return fail("PUBCOMP before PUBREL");
    (is_failure(a->reason) && a->type != packet_type::pubcomp ? refused : completed).push_back(*m);
    sending.erase(m);
  }

  void flush_answers(std::size_t count) {
    for (; count > 0 && !answers_.empty(); --count) {
      const auto a = answers_.front();
      answers_.pop_front();
      append_ack(a.type, a.id, a.reason, version, to_server);
      if (a.type == packet_type::puback || a.type == packet_type::pubcomp || is_failure(a.reason))
        unacknowledged_.erase(a.id);
    }
  }

  bool idle() const { return answers_.empty() && sending.empty() && held.empty(); }

  const protocol_version version;
  std::string to_server;
  std::vector<outgoing> sending; ///< not acknowledged yet, in order
  std::vector<outgoing> completed;
  std::vector<outgoing> refused;
  std::map<packet_id, std::string> held; ///< QoS 2, delivered and not released
  std::map<std::string, int> delivered;  ///< by payload: how often
  std::vector<std::string> first_times;  ///< payloads in the order of their first delivery
  std::set<std::string> declined;        ///< refused by PUBREC
  std::string problem;

private:
  struct reply {
    packet_type type;
    packet_id id;
    reason_code reason;
  };

  void fail(std::string what) {
    if (problem.empty())
      problem = std::move(what);
  }

  void take_publish(const publish_packet& m, bool refuse) {
    const std::string payload{m.payload};
    const auto holds = held.find(m.id);
    if (m.qos == qos::at_least_once && holds != held.end())
      return fail("an identifier of QoS 2 that is in use came with QoS 1");
    unacknowledged_.insert(m.id);
    if (unacknowledged_.size() > receive_maximum_)
      fail("more than the receive maximum"); // [MQTT-3.3.4-9]
    if (m.qos == qos::at_least_once) {
      deliver(payload);
      return answer(packet_type::puback, m.id, reason_code::success);
    }
    if (holds == held.end() && refuse && version == protocol_version::v5) {
      declined.insert(payload);
      return answer(packet_type::pubrec, m.id, reason_code::quota_exceeded);
    }
    if (holds == held.end()) {
      held.emplace(m.id, payload);
      deliver(payload);
    } else if (holds->second != payload) {
      fail("an identifier in use came with another message: " + payload);
    }
    answer(packet_type::pubrec, m.id, reason_code::success);
  }

  void deliver(const std::string& payload) {
    if (++delivered[payload] == 1)
      first_times.push_back(payload);
  }

  void answer(packet_type type, packet_id id, reason_code reason) {
    answers_.push_back({type, id, reason});
  }

  void send_publish(const outgoing& m, bool again) {
    publish_packet p;
    p.topic = "up";
    p.payload = m.payload;
    p.qos = m.qos;
    p.id = m.id;
    p.dup = again;
    encode(p, version, 0, to_server);
  }

  std::deque<reply> answers_;
  std::set<packet_id> unacknowledged_; ///< came on this connection
  std::size_t receive_maximum_ = 65'535;
  std::uint16_t last_id_ = 0;
};

} // namespace mqttzoo::mqtt::testing
