#include "net/layered_connection.hpp"

#include "core/log.hpp"
#include "net/engine_layer.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::net {

namespace {

constexpr core::logger log{core::log_folder::net};

} // namespace

std::shared_ptr<layered_connection>
layered_connection::start(loop& on, connection_ptr below, std::unique_ptr<stream_engine> engine,
                          std::shared_ptr<const connection_limits> limits) {
  auto self = std::make_shared<layered_connection>(private_tag{}, on, std::move(below),
                                                   std::move(engine), std::move(limits));
  self->below_->attach_events(*self);
  std::string_view nothing; // a client speaks first
  self->shake_hands(nothing);
  return self;
}

std::shared_ptr<layered_connection> layered_connection::go_on(loop& on, connection_ptr below,
                                                              std::unique_ptr<stream_engine> engine,
                                                              std::string plain,
                                                              stream_engine::reading last) {
  auto self = std::make_shared<layered_connection>(private_tag{}, on, std::move(below),
                                                   std::move(engine), nullptr);
  self->state_ = state::open;
  self->plain_ = std::move(plain);
  self->input_ended_ = last == stream_engine::reading::ended;
  self->choose_reading(); // not before somebody listens
  self->below_->attach_events(*self);
  self->answer_peer();
  return self;
}

layered_connection::layered_connection(private_tag, loop& on, connection_ptr below,
                                       std::unique_ptr<stream_engine> engine,
                                       std::shared_ptr<const connection_limits> limits)
    : loop_(on), below_(std::move(below)), engine_(std::move(engine)), limits_(std::move(limits)) {}

layered_connection::~layered_connection() {
  below_->detach_events();
}

void layered_connection::attach_events(connection_events& events) {
  events_ = &events;
  if (closed_untold_ || !plain_.empty())
    ask_for_turn(); // ahead of the one that the connection below may want to end in
  choose_reading();
}

void layered_connection::detach_events() {
  events_ = nullptr;
  choose_reading();
}

/// What the engine answers leaves with the end, which would not be understood without it.
std::string layered_connection::last_input() {
  if (state_ == state::open && !input_ended_)
    static_cast<void>(engine_->read(below_->last_input(), plain_, below_->out()));
  return std::exchange(plain_, {});
}

void layered_connection::pause_reading() {
  paused_ = true;
  choose_reading();
}

void layered_connection::resume_reading() {
  paused_ = false;
  if (!plain_.empty() || input_ended_)
    ask_for_turn(); // as in attach_events()
  choose_reading();
}

void layered_connection::choose_reading() {
  if (state_ == state::shaking_hands || (may_offer() && !input_ended_))
    below_->resume_reading();
  else
    below_->pause_reading();
}

void layered_connection::ask_for_turn() {
  if (turn_asked_)
    return;
  turn_asked_ = true;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->turn_asked_ = false;
      self->take_turn();
    }
  });
}

void layered_connection::take_turn() {
  if (state_ == state::closed)
    return tell_closed();
  offer();
  end_when_consumed();
}

/// All of it: what is no whole record, the engine keeps.
std::size_t layered_connection::on_input(std::string_view input) {
  const auto self = shared_from_this(); // events may drop the last owner
  auto rest = input;
  if (state_ == state::shaking_hands)
    shake_hands(rest);
  if (state_ == state::open && !input_ended_)
    unwrap(rest);
  return input.size();
}

void layered_connection::shake_hands(std::string_view& in) {
  const auto progress = engine_->shake_hands(in, below_->out());
  below_->flush_later();
  if (progress == stream_engine::progress::failed)
    return fail(engine_->failure());
  if (progress == stream_engine::progress::waiting)
    return;
  loop_.counters().handshakes.add();
  state_ = state::open;
  choose_reading();
  flush();
}

void layered_connection::unwrap(std::string_view in) {
  std::string answer; // hardly ever is there one
  const auto reading = engine_->read(in, plain_, answer);
  const bool answers = !answer.empty();
  if (answers) {
    below_->out() += answer;
    below_->flush_later();
  }
  answer_peer();
  input_ended_ = reading == stream_engine::reading::ended;
  if (input_ended_)
    choose_reading();
  offer();
  if (state_ == state::open && reading == stream_engine::reading::failed)
    return fail(engine_->failure());
  if (state_ == state::open && answers && much_waits_below())
    return fail("the peer asks and takes no answer");
  end_when_consumed();
}

/// Not while much waits below: the peer might ask for ever and take nothing. What waits there says
/// when it has drained.
void layered_connection::answer_peer() {
  const bool owes = engine_->owes_answer();
  const bool holds = owes && much_waits_below();
  if (holds && !answer_held_)
    loop_.counters().answers_held.add();
  answer_held_ = holds;
  if (!owes || holds)
    return;
  engine_->give_answer(below_->out());
  below_->flush_later();
}

/// What is left when somebody may take it and does not is the beginning of a packet.
void layered_connection::end_when_consumed() {
  if (state_ != state::open || !input_ended_)
    return;
  if (paused_ && events_ && events_->keeps_input())
    return; // a connection above is to pass it on first
  const bool may_go_on = !may_offer() || turn_asked_;
  if ((!plain_.empty() && may_go_on) || !say_end())
    return;
  below_->detach_events();
  below_->close(); // the peer waits for our end
  end(close_cause::by_peer);
  ask_for_turn();
}

void layered_connection::offer() {
  if (plain_.empty() || !may_offer())
    return;
  auto mine = std::exchange(plain_, {}); // stays while on_input() reads it, whatever that does
  const auto consumed = events_->on_input(mine);
  assert(consumed <= mine.size());
  if (state_ == state::open && consumed < mine.size())
    plain_ = std::move(mine.erase(0, consumed));
}

/// Wraps whatever waits, for its time is bounded from now on; the connection below needs no
/// owner to write it.
void layered_connection::close() {
  if (state_ == state::open)
    say_end();
  if (state_ != state::open && state_ != state::shaking_hands)
    return; // wrapping may have failed
  state_ = state::closing;
  unlink();
  below_->close();
}

void layered_connection::abort() {
  if (state_ == state::closed)
    return;
  state_ = state::closing;
  unlink();
  below_->abort();
}

/// What waits to be written is wrapped here and goes with the socket.
detached_socket layered_connection::detach_socket() {
  assert(!events_);
  if (state_ == state::open)
    wrap(std::numeric_limits<std::size_t>::max());
  if (state_ != state::open) // wrapping may have failed
    return {};
  unlink();
  state_ = state::closed;
  below_->detach_events();
  auto socket = below_->detach_socket();
  using reading = stream_engine::reading;
  if (socket)
    socket.layers.push_back(std::make_unique<engine_layer>(
        std::move(engine_), std::move(plain_), input_ended_ ? reading::ended : reading::goes_on));
  return socket;
}

/// The peer gets an alert if it listens; we do not wait for that.
void layered_connection::fail(std::string why) {
  static constinit core::log_throttle throttle{10, std::chrono::seconds{1}};
  failure_ = std::move(why);
  log.log(throttle, core::log_level::info, "connection failed",
          {{"peer", peer()}, {"why", failure_}});
  loop_.counters().handshake_failures.add();
  below_->detach_events();
  below_->close();
  end(close_cause::io_error);
  ask_for_turn();
}

void layered_connection::on_closed(close_cause cause) {
  const auto self = shared_from_this();
  offer(); // a turn may be owed
  end(cause);
  tell_closed();
}

void layered_connection::end(close_cause cause) {
  unlink();
  state_ = state::closed;
  cause_ = cause;
  closed_untold_ = true;
  loop_.counters().bytes_dropped.add(outbox_.size_bytes());
  outbox_.clear(loop_.buffers());
}

void layered_connection::tell_closed() {
  if (!events_ || !closed_untold_)
    return;
  closed_untold_ = false;
  std::exchange(events_, nullptr)->on_closed(cause_);
}

/// TLS may stand below WebSocket.
std::string layered_connection::certified(core::certificate_identity which) const {
  auto name = state_ == state::open ? engine_->certified(which) : std::string{};
  return name.empty() ? below_->certified(which) : name;
}

bool layered_connection::proves(std::string_view name) const {
  return state_ == state::open && engine_->proves(name);
}

} // namespace mqttzoo::net
