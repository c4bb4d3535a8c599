#include "actors/porter_carrier.hpp"

#include "actors/cluster_view.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace mqttzoo::actors {

porter::carrier::carrier(porter& by, std::shared_ptr<attachment> a, member_ref to,
                         std::uint64_t number)
    : porter_(by), asked_(std::move(a)), connection_(asked_->connection), pod_(std::move(to)),
      number_(number) {
  connection_->pause_reading();
  connection_->attach_events(*this);
  porter_.services().timers->schedule(*this, asked_->wait_until);
}

porter::carrier::~carrier() {
  rest();
}

void porter::carrier::rest() {
  porter_.services().timers->cancel(*this);
  if (std::exchange(counted_, false))
    porter_.services().counters.connections_carried.sub();
}

void porter::carrier::open(unit_index unit) {
  rest();
  counted_ = true;
  porter_.services().counters.connections_carried.add();
  porter_.services().counters.connections_carried_ever.add();
  asked_ = nullptr;
  unit_ = unit;
  credit_ = stream_window_bytes;
  connection_->resume_reading();
}

std::size_t porter::carrier::on_input(std::string_view input) {
  const auto all = std::min<std::size_t>(input.size(), credit_);
  for (std::size_t sent = 0; sent < all;) {
    const auto chunk = input.substr(sent, std::min(all - sent, stream_chunk_bytes));
    porter_.tell(pod_, make_bytes(there(), chunk));
    sent += chunk.size();
  }
  credit_ -= static_cast<std::uint32_t>(all);
  if (credit_ == 0)
    connection_->pause_reading();
  return all;
}

bool porter::carrier::welcome(std::uint32_t bytes) {
  if (bytes > stream_window_bytes - credit_)
    return false;
  if (credit_ == 0)
    connection_->resume_reading();
  credit_ += bytes;
  return true;
}

void porter::carrier::take(std::string_view bytes) {
  connection_->out() += bytes;
  connection_->flush_later();
  unsaid_ += static_cast<std::uint32_t>(bytes.size());
  report_taken();
}

/// What waits here beyond half of what may wait is not reported until the socket has taken it,
/// so that the session sees the client fall behind.
void porter::carrier::report_taken() {
  if (unsaid_ == 0 || connection_->outbox_bytes() > porter_.outbox_bytes_max() / 2)
    return;
  porter_.tell(pod_, make_credit(there(), std::exchange(unsaid_, 0)));
}

void porter::carrier::on_closed(net::close_cause) {
  tell_closed();
  porter_.leave(*this);
}

/// A pod may answer so while the registrar has not heard yet that its session is over; if they
/// disagree for longer, as when a link is broken, asking in a loop would not help.
void porter::carrier::not_here() {
  constexpr unsigned at_once_max = 3, doublings_max = 5;
  constexpr std::chrono::milliseconds first_pause{10};
  const auto tries = ++asked_->not_here;
  if (tries <= at_once_max)
    return porter_.give_back(*this);
  goes_back_ = true;
  const auto pause = first_pause * (1 << std::min(tries - at_once_max, doublings_max));
  porter_.services().timers->schedule(*this, std::min(porter_.now() + pause, asked_->wait_until));
}

void porter::carrier::on_due(net::time_point now) {
  if (goes_back_ && now < asked_->wait_until)
    return porter_.give_back(*this);
  porter_.services().counters.claims_timed_out.add();
  auto a = let_go();
  a->refusal = mqtt::reason_code::server_unavailable;
  a->refusal_text = "pod " + pod_->life.str() + ", which has the session, did not answer in time";
  caf::anon_send(porter_.services().doorman, granted_atom::value, std::move(a));
  porter_.leave(*this);
}

void porter::carrier::close(stream_close how) {
  connection_->detach_events();
  if (how == stream_close::after_flush)
    connection_->close();
  else
    connection_->abort();
}

std::shared_ptr<attachment> porter::carrier::let_go() {
  if (!asked_)
    return nullptr;
  porter_.services().timers->cancel(*this);
  connection_->detach_events();
  connection_->resume_reading(); // as whoever gets it expects
  return std::exchange(asked_, nullptr);
}

void porter::carrier::tell_closed() {
  if (is_open()) // else the answer finds nobody, and is answered so
    porter_.tell(pod_, make_closed(there(), stream_close::at_once));
}

} // namespace mqttzoo::actors
