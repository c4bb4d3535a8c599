// What a run of `mqttzoo bench` makes of what its clients tell.
#include "tools/cli/bench/bench_run.hpp"

#include <algorithm>

namespace mqttzoo::cli {

void bench_run::on_ready(load_client& c, std::int64_t now_ns) {
  if (stage_ == stage::wiping)
    return c.close(load_client::session::clean);
  ++figures_.connected;
  figures_.connect_us.add(static_cast<std::uint64_t>(now_ns - c.since_ns()) / 1000);
  if (stage_ == stage::connecting && is_subscriber(c) && !is_flow(pattern::retained))
    c.subscribe(plan_.subscribers[c.index()].filters);
  else
    settled(c);
}

void bench_run::on_subscribed(load_client& c, std::int64_t) {
  settled(c);
}

void bench_run::on_ended(load_client& c, std::error_code why) {
  const bool due = waited_for_[c.index()];
  const bool ends_here =
      stage_ == stage::leaving || stage_ == stage::closing || stage_ == stage::wiping;
  if (ends_here && due && !why)
    return settled(c);
  if (stage_ == stage::over || (stage_ == stage::closing && !due))
    return;
  note(why);
  const bool never_stood = due && !ends_here && stage_ != stage::collecting;
  ++(never_stood ? figures_.refused : figures_.lost_connections);
  settled(c);
}

void bench_run::on_message(load_client& c, const mqtt::publish_packet& p, std::int64_t now_ns) {
  if (stage_ == stage::clearing || stage_ == stage::closing)
    return;
  ++figures_.received;
  figures_.last_ns = now_ns;
  const auto s = read_stamp(p.payload);
  if (!s || !is_subscriber(c)) {
    ++figures_.unchecked;
    return;
  }
  const auto since = std::max(s->due_ns, c.since_ns());
  figures_.receive_us.add(static_cast<std::uint64_t>(std::max<std::int64_t>(now_ns - since, 0)) /
                          1000);
  if (witness_.see(c.index(), *s))
    pacer_.seen(s->stream, now_ns);
}

void bench_run::on_promise(load_client& c, std::int64_t due_ns, std::error_code how,
                           std::int64_t now_ns) {
  figures_.last_ns = now_ns;
  if (!pacer_.is_clearing()) {
    ++(how ? figures_.failed : figures_.promised);
    if (!how)
      figures_.promise_us.add(static_cast<std::uint64_t>(now_ns - due_ns) / 1000);
  }
  if (how)
    note(how);
  pacer_.promised(c.index(), now_ns);
}

void bench_run::on_written(load_client& c, std::size_t messages) {
  if (is_subscriber(c))
    return;
  if (!pacer_.is_clearing())
    figures_.promised += messages;
  pacer_.written(c.index(), messages);
}

} // namespace mqttzoo::cli
