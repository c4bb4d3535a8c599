// A random life of a persistent session: its client comes and goes, the store is late or fails, the
// process crashes.
//
// Whatever happens: what was promised arrives, QoS 2 exactly once, in order, and nothing is left
// over at the end. A failure names the seed.
#define CAF_SUITE session_model
#include "model_client.hpp"
#include "model_store.hpp"
#include "mqtt/session.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <memory>
#include <random>

using namespace mqttzoo;
using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;
using namespace std::chrono_literals;

namespace {

/// What was promised about one message for the client.
enum class promise : std::uint8_t { none, kept, refused };

struct posted {
  qos of = qos::at_least_once;
  promise made = promise::none;
  bool may_be_lost = false; ///< no promise was made before a crash
};

class world final : public session_port {
public:
  explicit world(std::uint64_t seed)
      : random_(seed), crash_percent_(seed % 3 == 0 ? 100U : static_cast<unsigned>(seed % 3) * 10),
        failure_percent_(static_cast<unsigned>(seed % 4) * 4),
        client_(below(2) == 0 ? protocol_version::v3_1_1 : protocol_version::v5) {
    limits_.queue.messages_max = 30;
    limits_.patience = 2s;
    begin_process();
    connect();
  }

  void live(int steps) {
    for (int i = 0; i < steps && client_.problem.empty(); ++i)
      step();
  }

  /// Peace: everybody does what is left to do. False if that does not end.
  bool settle() {
    congested_ = false;
    for (int round = 0; round < 2000; ++round) {
      if (!connected_)
        connect();
      machine_->on_drained(now_);
      client_reads(1000);
      client_.flush_answers(1000);
      feed();
      while (!store_.idle())
        store_.complete_one(reason_code::success);
      pass(100ms);
      if (is_settled())
        return true;
    }
    return false;
  }

  /// What went wrong; empty if nothing.
  std::string verdict() const {
    if (!client_.problem.empty())
      return client_.problem;
    for (const auto& [payload, p] : posted_)
      if (auto problem = judge(payload, p); !problem.empty())
        return payload + ": " + problem;
    for (const auto& m : client_.completed) {
      const auto n = accepted(m.payload);
      if (m.qos == qos::exactly_once ? n != 1 : n < 1)
        return m.payload + " was published and accepted " + std::to_string(n) + " times";
    }
    for (const auto& m : client_.refused)
      if (m.qos == qos::exactly_once && accepted(m.payload) != 0)
        return m.payload + " was refused and accepted";
    return out_of_order();
  }

private:
  /// Settles the promise of one message unless the process that made it is gone.
  class model_ticket final : public ticket {
  public:
    model_ticket(policy storage, world& in, std::string payload)
        : ticket(storage), in_(in), process_(in.process_), payload_(std::move(payload)) {}
    ~model_ticket() override {
      if (process_ == in_.process_)
        in_.posted_[payload_].made = is_failure(outcome()) ? promise::refused : promise::kept;
    }

  private:
    world& in_;
    int process_;
    std::string payload_;
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }

  void step() {
    const auto dice = below(100);
    if (dice < 18)
      post();
    else if (dice < 28)
      client_publishes();
    else if (dice < 50)
      client_reads(1 + below(4));
    else if (dice < 68)
      client_.flush_answers(1 + below(3));
    else if (dice < 90)
      store_works();
    else if (dice < 94)
      pass(std::chrono::milliseconds{1 + below(1500)});
    else if (dice < 96)
      toggle_congestion();
    else if (dice < 97)
      lose_connection();
    else if (dice < 98)
      connect(); // takes over if there is a connection
    else if (dice < 99 && chance(crash_percent_))
      crash();
    if (!connected_ && chance(30))
      connect();
    feed();
  }

  // --- the broker around the session ---

  void post() {
    const auto q = chance(50) ? qos::at_least_once : qos::exactly_once;
    const auto payload = "down " + std::to_string(1000 + ++last_payload_);
    posted_[payload] = {q, promise::none, false};
    auto on = make_ref<delivery_terms>();
    on->maximum_qos = q;
    ref<ticket> t;
    if (chance(80))
      t = make_ref<model_ticket>(q == qos::exactly_once ? ticket::policy::store_first
                                                        : ticket::policy::store_if_needed,
                                 *this, payload);
    else
      posted_[payload].may_be_lost = true;
    machine_->sender().deliver({message_of(payload, q), std::move(on), std::move(t)}, now_);
  }

  void store_works() {
    if (!store_.idle())
      store_.complete_one(chance(failure_percent_) ? reason_code::quota_exceeded
                                                   : reason_code::success);
  }

  void pass(std::chrono::milliseconds time) {
    const auto until = now_ + time;
    while (machine_->next_due() <= until) {
      now_ = std::max(now_, machine_->next_due());
      machine_->on_due(now_);
    }
    now_ = until;
  }

  void toggle_congestion() {
    congested_ = !congested_;
    if (!congested_)
      machine_->on_drained(now_);
  }

  void crash() {
    ++process_; // no promise is made from here on
    for (auto& [payload, p] : posted_)
      p.may_be_lost |= p.made == promise::none;
    machine_.reset();
    connected_ = false;
    wire_.clear();
    store_.crash(below(store_.waiting() + 1));
    begin_process();
    machine_->restore(session::never_expires, {}, time_point::max());
    for (const auto id : store_.received)
      machine_->receiver().restore(id);
    for (const auto& [number, m] : store_.mails) {
      auto on = make_ref<delivery_terms>();
      on->maximum_qos = m.pointer.qos;
      machine_->sender().restore({message_of(m.payload, m.pointer.qos), std::move(on), nullptr},
                                 m.pointer);
    }
  }

  void begin_process() {
    counts_ = std::make_unique<counters>();
    machine_ =
        std::make_unique<session>(*this, *counts_, limits_, client_id{"c"}, session_number{1});
    topic_ = make_ref<const shared_topic>("t");
    congested_ = false;
    reserved_ = 0;
  }

  message_ref message_of(std::string_view payload, qos q) {
    message_head head;
    head.topic = topic_;
    head.qos = q;
    return message::make(std::move(head), {}, payload);
  }

  // --- the network ---

  void connect() {
    machine_->taken_over(presence::resumed, now_);
    accepted_connect a;
    a.packet.version = client_.version;
    a.packet.clean_start = false;
    a.packet.receive_maximum =
        static_cast<std::uint16_t>(client_.version == protocol_version::v5 ? 1 + below(6) : 65'535);
    a.session_expiry_interval_s = a.packet.session_expiry_interval_s = session::never_expires;
    wire_.clear();
    connected_ = true;
    paused_ = false;
    client_.connected(client_.version == protocol_version::v5 ? a.packet.receive_maximum
                                                              : limits_.inflight_max);
    const bool known = connected_before_;
    connected_before_ = true;
    machine_->open(std::move(a), known ? presence::resumed : presence::fresh, ++epoch_, now_);
  }

  void lose_connection() {
    client_reads(below(3)); // the rest is lost, both ways
    if (!connected_)
      return;
    connected_ = false;
    wire_.clear();
    machine_->on_closed(now_);
  }

  void feed() {
    if (!connected_ || paused_)
      return;
    const auto taken = machine_->on_input(client_.to_server, now_);
    client_.to_server.erase(0, taken);
  }

  void client_publishes() {
    if (!connected_ || client_.sending.size() >= 5)
      return;
    client_.publish("up " + std::to_string(++last_payload_),
                    chance(50) ? qos::at_least_once : qos::exactly_once);
  }

  void client_reads(std::uint64_t packets) {
    for (; packets > 0 && connected_ && !wire_.empty(); --packets) {
      frame in;
      std::string scratch;
      if (!next_frame(wire_, 0, in) || in.wire_size_bytes > wire_.size())
        return void(client_.problem = "the session sent something that is no packet");
      const auto p = decode(in, client_.version, peer::server, scratch);
      if (!p)
        return void(client_.problem = p.error().what);
      client_.take(*p, chance(3));
      wire_.erase(0, in.wire_size_bytes);
    }
  }

  // --- verdicts ---

  bool is_settled() const {
    return store_.idle() && client_.idle() && wire_.empty() && client_.to_server.empty() &&
           machine_->sender().waiting() == 0 && machine_->sender().unacknowledged() == 0 &&
           machine_->receiver().empty() && machine_->receiver().unacknowledged() == 0 &&
           store_.mails.empty() && store_.received.empty() && counts_->messages_queued.get() == 0 &&
           reserved_ == 0;
  }

  std::string judge(const std::string& payload, const posted& p) const {
    const auto found = client_.delivered.find(payload);
    const auto n = found == client_.delivered.end() ? 0 : found->second;
    if (p.of == qos::exactly_once && n > 1)
      return "delivered " + std::to_string(n) + " times"; // [MQTT-4.3.3-2]
    if (p.of == qos::exactly_once && p.made == promise::refused && n > 0)
      return "refused and delivered";
    const bool owed = p.made == promise::kept && !client_.declined.contains(payload);
    if (owed && n == 0)
      return "promised and not delivered";
    if (p.made == promise::none && !p.may_be_lost)
      return "a promise was neither kept nor refused";
    return {};
  }

  /// [MQTT-4.6.0-6] the first deliveries of each QoS are in the order of arrival
  std::string out_of_order() const {
    std::map<qos, std::string> last;
    for (const auto& payload : client_.first_times) {
      if (client_.declined.contains(payload))
        continue; // its refusal got lost, and the message came again
      auto& before = last[posted_.at(payload).of];
      if (payload < before)
        return payload + " came after " + before;
      before = payload;
    }
    return {};
  }

  int accepted(const std::string& payload) const {
    const auto found = store_.accepted.find(payload);
    return found == store_.accepted.end() ? 0 : found->second;
  }

  // --- session_port ---

  std::string& out() override { return wire_; }
  void send_payload(message_ref m) override { wire_.append(m->payload()); }
  void flush() override {}
  bool congested() override { return congested_; }
  bool reserve(std::size_t bytes) override {
    reserved_ += bytes;
    return true;
  }
  void release(std::size_t bytes) override {
    if (bytes > reserved_)
      client_.problem = "more memory was released than reserved";
    reserved_ -= bytes;
  }
  void close(close_mode) override { connected_ = false; }
  void pause_input() override { paused_ = true; }
  void resume_input() override { paused_ = false; }
  topic_ref intern(std::string_view) override { return topic_; }

  void publish(message_ref m, packet_id id) override { route(std::move(m), id, epoch_); }
  void route(const message_ref& m, packet_id id, connection_epoch epoch) {
    store_.begin({[this, m, id] {
                    ++store_.accepted[std::string{m->payload()}];
                    if (m->qos() == qos::exactly_once)
                      store_.received.insert(id);
                  },
                  [this, m, id, epoch](reason_code outcome) {
                    const bool again = is_failure(outcome) && m->publisher_waits() &&
                                       (m->qos() == qos::exactly_once || chance(70));
                    if (!again)
                      return machine_->on_receipt(epoch, {id, m->qos()}, outcome, now_);
                    machine_->on_delayed(epoch, {id, m->qos()}, outcome, now_);
                    route(m, id, epoch);
                  }});
  }
  void subscribe(std::vector<subscription>, packet_id) override {}
  void unsubscribe(std::vector<std::string>, packet_id) override {}
  void return_to_group(delivery) override {}
  void session_changed() override {}
  void end() override { client_.problem = "the session ended"; }

  void deposit(const delivery& d, stored_pointer p) override {
    store_.begin({[this, payload = std::string{d.message->payload()}, p] {
                    store_.mails[p.number] = {payload, p};
                  },
                  [this, promise = d.promise, p](reason_code outcome) mutable {
                    if (promise && is_failure(outcome))
                      promise->refuse(outcome);
                    promise = nullptr;
                    machine_->sender().on_stored(p.number, outcome, now_);
                  }});
  }
  void record(stored_pointer p) override {
    store_.begin({[this, p] {
                    if (const auto m = store_.mails.find(p.number); m != store_.mails.end())
                      m->second.pointer = p;
                  },
                  [this, p](reason_code outcome) {
                    machine_->sender().on_stored(p.number, outcome, now_);
                  }});
  }
  void forget(stored_number n) override {
    store_.begin({[this, n] { store_.mails.erase(n); }, [](reason_code) {},
                  model_store::operation::on_failure::try_again});
  }
  void forget_received(packet_id id) override {
    store_.begin({[this, id] { store_.received.erase(id); },
                  [this, id](reason_code outcome) { machine_->on_released(id, outcome, now_); }});
  }

  std::mt19937_64 random_;
  unsigned crash_percent_;
  unsigned failure_percent_;
  model_client client_;
  model_store store_;
  std::map<std::string, posted> posted_;
  server_limits limits_;
  std::unique_ptr<counters> counts_;
  int process_ = 0;
  topic_ref topic_;
  time_point now_ = time_point{} + 1h;
  connection_epoch epoch_{};
  int last_payload_ = 0;
  std::string wire_; ///< to the client
  bool connected_ = false;
  bool connected_before_ = false;
  bool paused_ = false;
  bool congested_ = false;
  std::size_t reserved_ = 0;
  std::unique_ptr<session> machine_; ///< goes before all it talks to
};

} // namespace

// [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.1.0-1] [MQTT-4.4.0-1] [MQTT-4.6.0-6]
// [MQTT-3.3.4-9]
CAF_TEST(promises hold whatever happens) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    auto w = std::make_unique<world>(seed);
    w->live(600);
    const bool settled = w->settle();
    const auto problem = w->verdict();
    if (!problem.empty() || !settled)
      CAF_FAIL("seed " << seed << ": "
                       << (problem.empty() ? "something is left over at the end" : problem));
    CAF_CHECK(settled);
  }
}
