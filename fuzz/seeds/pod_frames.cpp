// Writes the seeds of fuzz_pod_frames: one file for each kind of frame, and more where there is
// more to say.
// Usage: seeds_pod_frames <folder>, normally fuzz/corpus/pod_frames, after a layout has changed.
#include "actors/peer_frames.hpp"
#include "actors/porter_frames.hpp"
#include "actors/registrar_frames.hpp"
#include "actors/retained_frames.hpp"
#include "actors/trace_frames.hpp"
#include "fuzz/pod_frames_input.hpp"
#include "mqtt/encoder.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace mqttzoo;
using namespace mqttzoo::actors;

const net::time_point now{std::chrono::hours{1000}};

mqtt::message_ref message(std::string payload, mqtt::qos qos = mqtt::qos::at_least_once) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("a/b");
  head.qos = qos;
  head.payload_is_utf8 = true;
  head.expires_at = now + std::chrono::seconds{30};
  return mqtt::message::make(std::move(head), std::string{"\x03\x00\x01x", 4}, payload);
}

pod_frame messages() {
  messages_writer frame{"a/b", {}, 7};
  frame.add(message("one"), now);
  frame.add(message("two", mqtt::qos::exactly_once), now);
  return frame.take();
}

pod_frame traced_messages() {
  const auto m = message("one");
  m->begin_trace(mqtt::make_mark(mqtt::trace_tag{9}, 5));
  messages_writer frame{"a/b", {}, 7};
  frame.add(m, now);
  return frame.take();
}

pod_frame orphans() {
  messages_writer frame{"a/b", {{pod_life{"p-1"}, {pod_life{"q-2"}, pod_life{"r-3"}}}}, 1};
  frame.add(message(std::string(5000, 'x')), now);
  return frame.take();
}

/// As make_attach() lays it out.
pod_frame attach() {
  mqtt::connect_packet connect;
  connect.version = mqtt::protocol_version::v5;
  connect.client_id = "client";
  connect.keep_alive_s = 60;
  connect.will.emplace();
  connect.will->topic = "w";
  connect.will->payload = "gone";
  pod_frame f{frame_kind::attach, {}, nullptr};
  append_u16(f.body, 1); // unit
  append_u64(f.body, 9);
  append_u8(f.body, 0);
  append_u16(f.body, 60);
  append_u32(f.body, 3600);
  append_name(f.body, "");
  append_name(f.body, "127.0.0.1:51234");
  append_u8(f.body, 1); // by a password
  append_u8(f.body, 3); // with a user, and rules
  append_name(f.body, "alice");
  append_name(f.body, "topic read a/#");
  append_u64(f.body, 7);
  append_u32(f.body, 60);
  mqtt::encode(connect, f.body);
  return f;
}

std::map<std::string, pod_frame> seeds() {
  using namespace frame_kind;
  const std::vector<zk::op> ops{zk::create_op{"/mqttzoo/x", "data", zk::create_mode::persistent},
                                zk::check_op{"/mqttzoo/y", zk::version{3}}};
  const stream_address client{stream_side::client, unit_index{1}, 9};
  const stream_address session{stream_side::session, unit_index{0}, 9};
  trace_terms terms;
  terms.by = trace_terms::subject::topic;
  terms.text = "a/#";
  terms.lasts = std::chrono::seconds{30};
  terms.messages_max = 100;
  trace_step step;
  step.of = mqtt::make_mark(mqtt::trace_tag{9}, 5);
  step.what.what = mqtt::trace_event::received;
  step.who = "p";
  step.name = "a/b";
  step.at_unix_us = 1'600'000'000'000'000;
  return {
      {"messages", ::messages()},
      {"messages-orphans", orphans()},
      {"settled", encode_settled({mqtt::reason_code::quota_exceeded, {1, 2, 300}})},
      {"word", encode_word(5, ops)},
      {"outcome", encode_outcome({5, mqtt::reason_code::server_moved})},
      {"group", encode_group({"$share/g/a/+", message("for one"), nullptr, nullptr, 3}, now)},
      {"returned", encode_returned(3)},
      {"roster", encode(roster, {8, 0, {client_id{"a"}, client_id{"b"}}, {}})},
      {"roster-end", encode(roster_end, {8, 0, {}, {}})},
      {"claim", encode(claim, {8, 4, {client_id{"a"}}, {}})},
      {"granted", encode(granted, {8, 4, {client_id{"a"}}, {}})},
      {"held", encode(held, {8, 4, {client_id{"a"}}, pod_life{"p-1"}})},
      {"adopted", encode(adopted, {8, 0, {client_id{"a"}}, {}})},
      {"released", encode(released, {8, 0, {client_id{"a"}}, {}})},
      {"attach", ::attach()},
      {"opened", make_opened(client, unit_index{2})},
      {"not-here", make_not_here(client)},
      {"bytes", make_bytes(session, "\xC0\x00")},
      {"credit", make_credit(session, 1024)},
      {"closed", make_closed(session, stream_close::at_once)},
      {"retained-news", encode_retained_news("a/b", message("kept"), now)},
      {"retained-news-removed", encode_retained_news("a/b", nullptr, now)},
      {"retained-commit", encode_retained_commit({"a/b", 77})},
      {"messages-traced", traced_messages()},
      {"trace", encode_trace({trace_id{7}, mqtt::trace_tag{9}, 3, terms})},
      {"untrace", encode_untrace(trace_id{7})},
      {"traced", encode_traced({trace_id{7}, 1, 2, 3, {step}})},
  };
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: seeds_pod_frames <folder>\n";
    return 2;
  }
  const auto all = seeds();
  for (const auto& [name, frame] : all) {
    std::ofstream out{std::filesystem::path{argv[1]} / name, std::ios::binary};
    out << fuzz::input_of(frame);
    if (!out.flush()) {
      std::cerr << "cannot write " << name << '\n';
      return 1;
    }
  }
  std::cout << all.size() << " seeds\n";
}
