#include "tools/cli/bench/load_client.hpp"

#include "mqtt/encoder.hpp"
#include "sdk/client_tls.hpp"
#include "sdk/wire_message.hpp"
#include "tools/cli/bench/steady_time.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::cli {
namespace {

/// More than this waits until some is written.
constexpr std::size_t output_bytes_max = 256 * 1024;
/// How long a session lasts that is to survive its connection.
constexpr std::uint32_t session_expiry_s = 3600;
constexpr std::uint16_t packet_ids_max = 65'535;

bool is_v5(mqtt::protocol_version v) {
  return v == mqtt::protocol_version::v5;
}

} // namespace

void load_client::open(const sdk::address& server, const std::string& from, session how) {
  phase_ = phase::dialling;
  session_ = how;
  since_ns_ = steady_ns();
  const auto& o = context_.options;
  std::error_code error;
  const bool secure = server.how == sdk::scheme::tls || server.how == sdk::scheme::secure_websocket;
  if (secure && !context_.tls)
    context_.tls = sdk::make_client_tls(o.tls, error);
  if (!error)
    transport_ = sdk::make_transport({context_.loop.get_executor(), shared_from_this(), server,
                                      from, o.tls, context_.proxy, context_.tls},
                                     error);
  if (transport_)
    return transport_->open(index_);
  boost::asio::post(context_.loop, [self = shared_from_this(), error] { self->end(error); });
}

void load_client::on_opened(std::error_code error) {
  if (error)
    return end(error);
  phase_ = phase::greeting;
  greet();
  transport_->start_reading();
  flush();
}

void load_client::greet() {
  const auto& o = context_.options;
  mqtt::connect_packet p;
  p.version = version();
  p.clean_start = session_ == session::clean;
  p.keep_alive_s = o.keep_alive_s;
  p.client_id = id_;
  p.user_name = o.user_name;
  p.password = o.password;
  if (is_v5(version()) && session_ == session::kept)
    p.session_expiry_interval_s = session_expiry_s;
  mqtt::encode(p, out_);
}

void load_client::subscribe(const std::vector<std::string>& filters) {
  mqtt::subscribe_packet p;
  p.id = mqtt::packet_id{packet_ids_max}; // which no window reaches
  for (const auto& filter : filters)
    p.entries.push_back({filter, {sdk::to_wire(context_.qos)}});
  mqtt::encode(p, version(), out_);
  since_ns_ = steady_ns();
  flush_later();
}

void load_client::close(session how) {
  if (phase_ != phase::up)
    return end({});
  phase_ = phase::closing;
  mqtt::disconnect_packet p;
  if (is_v5(version()) && session_ == session::kept && how == session::clean)
    p.session_expiry_interval_s = 0;
  mqtt::encode(p, version(), 0, out_);
  flush_later();
}

void load_client::end(std::error_code why) {
  if (phase_ == phase::closed)
    return;
  const auto self = shared_from_this();
  phase_ = phase::closed;
  if (const auto gone = std::exchange(transport_, nullptr))
    gone->close();
  in_ = out_ = writing_ = std::string{};
  unwritten_ = being_written_ = 0;
  context_.events.on_ended(*this, why);
}

void load_client::look_at(std::int64_t now_ns) {
  using std::chrono::nanoseconds;
  const nanoseconds attempt{context_.options.attempt_timeout};
  const nanoseconds silence{std::chrono::seconds{context_.options.keep_alive_s}};
  if (phase_ == phase::dialling || phase_ == phase::greeting) {
    if (now_ns - since_ns_ > attempt.count())
      end(std::make_error_code(std::errc::timed_out));
  } else if (phase_ == phase::up && silence.count() > 0 &&
             now_ns - last_written_ns_ > silence.count() / 2) {
    mqtt::encode(mqtt::pingreq_packet{}, out_);
    flush_later();
  }
}

// ---------------------------------------------------------------- publishing

bool load_client::has_room() const noexcept {
  if (phase_ != phase::up || out_.size() + writing_.size() > output_bytes_max)
    return false;
  return context_.qos == qos::at_most_once || !free_.empty() || flights_.size() < granted_;
}

void load_client::make_header(load_stream& s, std::size_t payload_bytes, retain kept) {
  mqtt::publish_packet p;
  p.topic = s.topic;
  p.payload = std::string_view{context_.filler}.substr(0, payload_bytes);
  p.qos = sdk::to_wire(context_.qos);
  p.retain = kept == retain::yes;
  p.id = mqtt::packet_id{static_cast<std::uint16_t>(context_.qos == qos::at_most_once ? 0 : 1)};
  s.header.clear();
  mqtt::encode_publish_header(p, version(), s.header);
  s.header_for = payload_bytes;
}

std::uint16_t load_client::take_slot(std::int64_t due_ns) {
  if (free_.empty()) {
    flights_.push_back({due_ns, true, false});
    return static_cast<std::uint16_t>(flights_.size());
  }
  const auto id = free_.back();
  free_.pop_back();
  flights_[id - 1U] = {due_ns, true, false};
  return id;
}

void load_client::publish(load_stream& s, std::size_t payload_bytes, std::int64_t due_ns,
                          retain kept, payload content) {
  const bool stamped = content == payload::stamped;
  if (s.header.empty() || s.header_for != payload_bytes)
    make_header(s, payload_bytes, kept);
  const auto begin = out_.size();
  out_.append(s.header);
  if (context_.qos == qos::at_most_once) {
    ++unwritten_;
  } else { // the identifier follows the topic, whatever the length of the lengths before it
    const auto id = take_slot(due_ns);
    const std::size_t properties = is_v5(version()) ? 1 : 0;
    const auto at = begin + s.header.size() - properties - sizeof id;
    out_[at] = static_cast<char>(id >> 8);
    out_[at + 1] = static_cast<char>(id & 0xFF);
  }
  if (stamped) {
    const stamp mark{stamp::mark_of_ours, context_.run, s.id, s.next++, due_ns};
    out_.append(reinterpret_cast<const char*>(&mark), sizeof mark);
    out_.append(context_.filler, 0, payload_bytes - sizeof mark);
  }
  flush_later();
}

// ---------------------------------------------------------------- output

/// With what others write in this turn of the loop.
void load_client::flush_later() {
  if (flush_asked_)
    return;
  flush_asked_ = true;
  context_.to_flush.push_back(shared_from_this());
  if (std::exchange(context_.flush_posted, true))
    return;
  boost::asio::post(context_.loop, [&context = context_] {
    context.flush_posted = false;
    for (const auto& each : std::exchange(context.to_flush, {}))
      each->flush();
  });
}

void load_client::flush() {
  flush_asked_ = false;
  if (!transport_ || phase_ == phase::dialling || !writing_.empty() || out_.empty())
    return;
  writing_.swap(out_);
  being_written_ = std::exchange(unwritten_, 0);
  last_written_ns_ = steady_ns();
  transport_->write(writing_);
}

void load_client::on_written(std::error_code error) {
  if (error)
    return end(error);
  writing_.clear();
  const auto messages = std::exchange(being_written_, 0);
  if (out_.empty() && phase_ == phase::closing)
    return end({});
  flush();
  if (phase_ == phase::up)
    context_.events.on_written(*this, messages);
}

void load_client::on_lost(std::error_code error) {
  end(error);
}

} // namespace mqttzoo::cli
