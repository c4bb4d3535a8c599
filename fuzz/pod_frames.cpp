// Fuzzes what a pod that is not to be trusted may say through a link: the bodies of all frames.
// What a decoder takes is written again and read again, and must mean the same; where there is one
// way only to write it, it must be what came.
#include "actors/attachment.hpp"
#include "actors/peer_frames.hpp"
#include "actors/porter_frames.hpp"
#include "actors/registrar_frames.hpp"
#include "actors/retained_frames.hpp"
#include "actors/trace_frames.hpp"
#include "fuzz/pod_frames_input.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace mqttzoo;
using namespace mqttzoo::actors;

namespace {

const net::time_point now{std::chrono::hours{1000}};

/// Unlike assert(), also there in a release build.
void require(bool truth) {
  if (!truth)
    std::abort();
}

/// As it comes from a link: the payload stands in the body.
pod_frame arrived(pod_frame f) {
  if (const auto payload = std::exchange(f.payload, nullptr))
    f.body += payload->payload();
  return f;
}

void check_canonical(const pod_frame& came, pod_frame again) {
  require(again.kind == came.kind && arrived(std::move(again)).body == came.body);
}

// --- peers ---

struct messages_frame {
  std::string topic;
  std::vector<departed_pod> orphans_of;
  std::uint64_t first_number = 0;
  std::string client;
  std::vector<mqtt::message_ref> messages;
};

/// False if it makes no sense.
bool read_messages(std::string_view body, messages_frame& out) {
  messages_reader in{body};
  if (in.failed())
    return false;
  out = {std::string{in.topic()}, in.orphans_of(), in.first_number(), std::string{in.client()}, {}};
  const auto topic = make_ref<const mqtt::shared_topic>(out.topic);
  while (auto m = in.next(topic, now))
    out.messages.push_back(std::move(m));
  require(out.messages.size() <= body.size());
  return !in.failed();
}

bool same(const mqtt::message& a, const mqtt::message& b) {
  return a.topic() == b.topic() && a.qos() == b.qos() && a.retain() == b.retain() &&
         a.payload_is_utf8() == b.payload_is_utf8() && a.trace() == b.trace() &&
         a.expires_at() == b.expires_at() && a.forwarded() == b.forwarded() &&
         a.payload() == b.payload();
}

void check_messages(const pod_frame& came) {
  messages_frame read;
  if (!read_messages(came.body, read))
    return;
  std::vector<mqtt::message_ref> again;
  const auto send = [&](messages_writer& frame) {
    messages_frame back;
    require(read_messages(arrived(frame.take()).body, back));
    require(back.topic == read.topic && back.orphans_of == read.orphans_of &&
            back.first_number == read.first_number && back.client == read.client);
    again.insert(again.end(), back.messages.begin(), back.messages.end());
  };
  messages_writer frame{read.topic, read.orphans_of, read.first_number, read.client};
  for (const auto& m : read.messages) {
    if (!frame.has_room()) {
      send(frame);
      frame = {read.topic, read.orphans_of, read.first_number, read.client};
    }
    frame.add(m, now);
  }
  if (!frame.empty())
    send(frame);
  require(again.size() == read.messages.size());
  for (std::size_t i = 0; i < again.size(); ++i)
    require(same(*again[i], *read.messages[i]));
}

void check_group(const pod_frame& came) {
  const auto mail = decode_group(came.body, now);
  if (!mail)
    return;
  const auto back = decode_group(arrived(encode_group(*mail, now)).body, now);
  require(back && back->filter == mail->filter && back->number == mail->number &&
          same(*back->message, *mail->message));
}

void check_peer(const pod_frame& f) {
  if (f.kind == frame_kind::messages)
    return check_messages(f);
  if (f.kind == frame_kind::group)
    return check_group(f);
  if (f.kind == frame_kind::settled) {
    if (const auto r = decode_settled(f.body))
      check_canonical(f, encode_settled(*r));
  } else if (f.kind == frame_kind::word) {
    if (const auto w = decode_word(f.body))
      check_canonical(f, encode_word(w->number, w->ops));
  } else if (f.kind == frame_kind::outcome) {
    if (const auto o = decode_outcome(f.body))
      check_canonical(f, encode_outcome(*o));
  } else if (f.kind == frame_kind::returned) {
    if (const auto n = decode_returned(f.body))
      check_canonical(f, encode_returned(*n));
  }
}

// --- registrars ---

void check_registrar(const pod_frame& f) {
  if (const auto r = decode_registrar_frame(f))
    check_canonical(f, encode(f.kind, *r));
}

// --- porters ---

/// All that make_attach() asks a connection for is its address.
class addressed final : public net::connection {
public:
  explicit addressed(std::string address) : address_(std::move(address)) {}

  void attach_events(net::connection_events&) override {}
  void detach_events() override {}
  std::string& out() override { return out_; }
  void send_payload(mqtt::message_ref) override {}
  void flush_later() override {}
  std::size_t outbox_bytes() const noexcept override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override {}
  void abort() override {}
  net::detached_socket detach_socket() override { return {}; }
  std::string peer() const override { return address_; }

private:
  std::string address_, out_;
};

pod_frame attach_again(far_attachment& f) {
  attachment a;
  a.connect = std::move(f.connect);
  a.unit = f.unit;
  a.connection = std::make_shared<addressed>(f.address);
  auto frame = make_attach(a, f.number, {});
  f.connect = std::move(a.connect);
  return frame;
}

/// A CONNECT may come with what is left out of the frame that we would write.
void check_attach(const pod_frame& came) {
  const auto first = decode_attach(came, {});
  if (!first)
    return;
  require(!first->connect.packet.client_id.empty());
  const auto written = attach_again(*first);
  const auto second = decode_attach(written, {});
  require(second && attach_again(*second).body == written.body);
  require(second->number == first->number && second->address == first->address &&
          second->connect.packet.client_id == first->connect.packet.client_id);
}

pod_frame stream_again(const stream_frame& f) {
  if (f.kind == frame_kind::opened)
    return make_opened(f.to, f.from);
  if (f.kind == frame_kind::not_here)
    return make_not_here(f.to);
  if (f.kind == frame_kind::bytes)
    return make_bytes(f.to, f.bytes);
  if (f.kind == frame_kind::credit)
    return make_credit(f.to, f.credit);
  return make_closed(f.to, f.how);
}

void check_porter(const pod_frame& f) {
  if (f.kind == frame_kind::attach)
    return check_attach(f);
  if (const auto s = decode_stream_frame(f))
    check_canonical(f, stream_again(*s));
}

// --- post offices ---

void check_retained(const pod_frame& f) {
  if (f.kind == frame_kind::retained_commit) {
    if (const auto c = decode_retained_commit(f))
      check_canonical(f, encode_retained_commit(*c));
    return;
  }
  const auto n = decode_retained_news(f, now);
  if (!n)
    return;
  const auto back =
      decode_retained_news(arrived(encode_retained_news(n->topic, n->message, now)), now);
  require(back && back->topic == n->topic && !back->message == !n->message);
  require(!n->message || same(*back->message, *n->message));
}

// --- tracers ---

void check_tracer(const pod_frame& f) {
  if (f.kind == frame_kind::trace) {
    const auto c = decode_trace(f.body);
    if (!c)
      return;
    const auto again = encode_trace(*c); // its time may have been cut
    check_canonical(again, encode_trace(*decode_trace(again.body)));
  } else if (f.kind == frame_kind::untrace) {
    if (const auto id = decode_untrace(f.body))
      check_canonical(f, encode_untrace(*id));
  } else if (f.kind == frame_kind::traced) {
    if (const auto r = decode_traced(f.body))
      check_canonical(f, encode_traced(*r));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const auto frame = fuzz::parse_frame({reinterpret_cast<const char*>(data), size});
  if (frame.kind < frame_kind::first_of_registrar)
    check_peer(frame);
  else if (frame.kind <= frame_kind::last_of_registrar)
    check_registrar(frame);
  else if (frame.kind <= frame_kind::last_of_porter)
    check_porter(frame);
  else if (frame.kind == frame_kind::retained_news || frame.kind == frame_kind::retained_commit)
    check_retained(frame);
  else if (frame.kind >= frame_kind::first_of_tracer && frame.kind <= frame_kind::last_of_tracer)
    check_tracer(frame);
  return 0;
}
