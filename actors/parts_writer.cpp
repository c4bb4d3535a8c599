#include "actors/parts_writer.hpp"

#include "zk/message_parts.hpp"
#include "zk/paths.hpp"

#include <memory>
#include <utility>

namespace mqttzoo::actors {

std::size_t node_bytes(const mqtt::message& m) noexcept {
  constexpr std::size_t around = 1024; // the record's own, and a client id
  return m.topic().size() + m.forwarded().size() + m.payload().size() + around;
}

bool fits_a_node(const mqtt::message& m) noexcept {
  return node_bytes(m) <= zk::record_bytes_max;
}

zk::stored_parts cut(const mqtt::message& m) noexcept {
  return zk::cut(m.forwarded().size(), m.payload().size());
}

zk::stored_parts parts_of(const mqtt::message& m) noexcept {
  return fits_a_node(m) ? zk::stored_parts{} : cut(m);
}

void parts_writer::begin(job j) {
  jobs_.push_back({std::move(j), 0});
  go_on();
}

void parts_writer::stop() {
  jobs_.clear();
  busy_ = true;
}

void parts_writer::go_on() {
  while (!busy_ && !jobs_.empty()) {
    auto t = std::make_shared<turn>(std::move(jobs_.front()));
    jobs_.pop_front();
    if (t->written == t->what.count || !t->what.wanted()) {
      t->what.done({t->written, std::nullopt});
      continue;
    }
    busy_ = true;
    const auto& m = *t->what.message;
    std::vector<zk::op> what;
    what.emplace_back(zk::create_op{zk::paths::mail_part(t->what.head, t->written),
                                    zk::part_data(m.forwarded(), m.payload(), t->written),
                                    zk::create_mode::persistent});
    commit_(std::move(what),
            [this, t](const zk::multi_result& result) { part_written(std::move(*t), result); });
  }
}

void parts_writer::part_written(turn t, const zk::multi_result& result) {
  busy_ = false;
  if (result) {
    ++t.written;
    jobs_.push_back(std::move(t));
  } else {
    t.what.done({t.written, result.error()});
  }
  go_on();
}

} // namespace mqttzoo::actors
