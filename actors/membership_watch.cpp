// What ZooKeeper says of the pods: the children of `pods`, and what each says of itself.
#include "actors/membership.hpp"
#include "actors/publish_ticket.hpp" // for clang: what messages hold
#include "core/log.hpp"

#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

/// After the store did not answer.
constexpr std::chrono::milliseconds read_again_after{200};

} // namespace

membership::membership(caf::actor_config& config, unit_services& services, parts with)
    : pinned_base<membership_actor>(config, services), with_(std::move(with)),
      ear_(std::make_shared<store_ear>(
          pod(), "membership",
          [this] {
            if (pod().bug != planted_bug::lost_watch || !view_)
              run_inline([&] { read_pods(); });
          },
          [this] { run_inline([&] { read_pods(); }); })) {}

void membership::listen() {
  pod().store->attach(*pod().store_answers, ear_); // the first word of the session has us look
}

void membership::read_pods() {
  if (reading_) {
    read_again_ = true;
    return;
  }
  reading_.emplace();
  read_again_ = false;
  pod().store->children(*pod().store_answers, with_.paths.pods(), ear_,
                        as_this([this](expected<zk::child_list, zk::error> list) {
                          if (list)
                            return read_records(std::move(list->names), list->stat.cversion);
                          // Whatever the session said meanwhile was not heard, so it is not waited
                          // for alone.
                          reading_.reset();
                          services().timers->schedule(*this, now() + read_again_after);
                        }));
}

void membership::on_due(net::time_point) {
  run_inline([&] { read_pods(); });
}

/// Each record is read once: the node of a life does not change.
void membership::read_records(std::vector<std::string> names, std::int64_t number) {
  reading_->number = number;
  reading_->missing = 1;
  if (std::erase(names, zk::paths::mover_level) > 0)
    read_marker();
  reading_->names = std::move(names);
  for (const auto& name : reading_->names)
    if (!pods_.contains(pod_life{name}))
      read_then(zk::child_path(with_.paths.pods(), name),
                [this, name](const std::string& data) { record_came(name, data); });
  conclude();
}

/// Whose sessions move. Read with every view: it is made anew for each of its batches.
void membership::read_marker() {
  read_then(with_.paths.mover(),
            [this](const std::string& data) { reading_->move = decode_marker(data); });
}

/// The reading under way waits for that node, too.
void membership::read_then(const std::string& path,
                           std::function<void(const std::string&)> on_data) {
  ++reading_->missing;
  pod().store->get(
      *pod().store_answers, path, nullptr,
      as_this([this, on_data = std::move(on_data)](const expected<zk::node, zk::error>& node) {
        if (node)
          on_data(node->data);
        else if (node.error() == zk::error::no_node)
          read_again_ = true; // gone meanwhile
        else
          reading_->failed = true;
        conclude();
      }));
}

session_move membership::move_of(const std::vector<member_ref>& members) const {
  const auto& m = reading_->move;
  for (const auto& member : members)
    if (m && member->life == m->by)
      return {member, m->batch, m->why};
  return {};
}

void membership::record_came(const std::string& name, const std::string& data) {
  auto record = zk::decode_pod(data);
  if (record && zk::last_level_of(with_.paths.pod(record->name, record->incarnation)) != name)
    record = unexpected(std::string{"it is another pod's"});
  if (record)
    reading_->records.emplace(name, std::move(*record));
  else
    log.error("a pod's record in ZooKeeper makes no sense and is left alone",
              {{"pod", name}, {"why", record.error()}});
}

void membership::conclude() {
  if (!reading_ || --reading_->missing > 0)
    return;
  auto& r = *reading_;
  std::erase_if(r.names, [&](const std::string& name) {
    return !r.records.contains(name) && !pods_.contains(pod_life{name});
  });
  const bool failed = r.failed;
  if (!failed && !read_again_ && (!view_ || r.number > view_->number))
    enter_view(r.number, r.names);
  reading_.reset();
  if (read_again_)
    read_pods();
  else if (failed)
    services().timers->schedule(*this, now() + read_again_after);
}

} // namespace mqttzoo::actors
