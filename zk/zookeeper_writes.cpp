// Transactions. One operation alone is sent as itself, which costs the servers less than a
// transaction of one; its answer also has the created node's stat, which that of a transaction
// lacks.
#include "zk/request_check.hpp"
#include "zk/zookeeper_sent_request.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// A number of ten digits, and the zero behind it.
constexpr std::size_t sequence_bytes = 11;

bool is_sequential(create_mode mode) noexcept {
  return mode == create_mode::persistent_sequential || mode == create_mode::ephemeral_sequential;
}
bool is_ephemeral(create_mode mode) noexcept {
  return mode == create_mode::ephemeral || mode == create_mode::ephemeral_sequential;
}

int flags_of(create_mode mode) noexcept {
  switch (mode) {
  case create_mode::persistent:
    return ZOO_PERSISTENT;
  case create_mode::ephemeral:
    return ZOO_EPHEMERAL;
  case create_mode::persistent_sequential:
    return ZOO_PERSISTENT_SEQUENTIAL;
  case create_mode::ephemeral_sequential:
    return ZOO_EPHEMERAL_SEQUENTIAL;
  }
  return ZOO_PERSISTENT;
}

/// Where a create is to be sent: the prefix "/" of a sequential node keeps its slash.
std::string full_path(const zookeeper_link& link, const create_op& wanted) {
  return is_sequential(wanted.mode) ? link.chroot + wanted.path : link.full(wanted.path);
}
int length_of(const std::string& data) noexcept {
  return static_cast<int>(data.size());
}

class write_request : public sent_request {
public:
  write_request(std::vector<op> ops, reply<multi_result> done)
      : sent_request(payload_bytes(ops)), ops_(std::move(ops)), done_(std::move(done)) {}

  void fail(error code, outbox& out) override {
    done_(unexpected(multi_error{code, multi_error::whole}), out);
  }
  std::size_t operations() const noexcept override { return std::max<std::size_t>(ops_.size(), 1); }

protected:
  void succeed(std::vector<op_result> results) { done_(std::move(results), client().out()); }
  void give_up(multi_error why) { done_(unexpected(why), client().out()); }

  std::vector<op> ops_;

private:
  reply<multi_result> done_;
};

// --- one operation ---

class single_request final : public write_request {
public:
  using write_request::write_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    chroot_ = &link.chroot;
    return std::visit([&](const auto& wanted) { return send(link, wanted); }, ops_.front());
  }

private:
  int send(const zookeeper_link& link, const create_op& wanted) {
    return zoo_acreate2(link.handle, full_path(link, wanted).c_str(), wanted.data.data(),
                        length_of(wanted.data), &link.access, flags_of(wanted.mode), created, this);
  }
  int send(const zookeeper_link& link, const set_op& wanted) {
    return zoo_aset(link.handle, link.full(wanted.path).c_str(), wanted.data.data(),
                    length_of(wanted.data), wanted.expected, was_set, this);
  }
  int send(const zookeeper_link& link, const remove_op& wanted) {
    return zoo_adelete(link.handle, link.full(wanted.path).c_str(), wanted.expected, removed, this);
  }
  int send(const zookeeper_link&, const check_op&) {
    assert(!"a check is a transaction, even alone");
    return ZBADARGUMENTS;
  }

  static void created(int code, const char* path, const Stat* made, const void* data) {
    const auto self = take_back<single_request>(data, code);
    if (code != ZOK)
      return self->refused(code);
    self->succeed({{own_path(*self->chroot_, path), to_stat(*made)}});
  }
  static void was_set(int code, const Stat* now, const void* data) {
    const auto self = take_back<single_request>(data, code);
    if (code != ZOK)
      return self->refused(code);
    self->succeed({{{}, to_stat(*now)}});
  }
  static void removed(int code, const void* data) {
    const auto self = take_back<single_request>(data, code);
    if (code != ZOK)
      return self->refused(code);
    self->succeed({{}});
  }
  void refused(int code) {
    const auto meaning = to_error(code);
    const bool of_the_link = meaning == error::connection_loss || meaning == error::session_expired;
    give_up({meaning, of_the_link ? multi_error::whole : 0});
  }

  const std::string* chroot_ = nullptr;
};

// --- several ---

class multi_request final : public write_request {
public:
  using write_request::write_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    chroot_ = &link.chroot;
    session_ = link.session;
    results_.resize(ops_.size());
    stats_.resize(ops_.size());
    names_.resize(ops_.size());
    std::vector<std::string> paths(ops_.size());
    std::vector<zoo_op_t> calls(ops_.size());
    for (std::size_t i = 0; i < ops_.size(); ++i)
      std::visit([&](const auto& wanted) { write(link, i, wanted, paths[i], calls[i]); }, ops_[i]);
    return zoo_amulti(link.handle, static_cast<int>(calls.size()), calls.data(), results_.data(),
                      answer, this);
  }

private:
  void write(const zookeeper_link& link, std::size_t i, const create_op& wanted, std::string& path,
             zoo_op_t& call) {
    path = full_path(link, wanted);
    names_[i].resize(path.size() + sequence_bytes);
    zoo_create_op_init(&call, path.c_str(), wanted.data.data(), length_of(wanted.data),
                       &link.access, flags_of(wanted.mode), names_[i].data(), length_of(names_[i]));
  }
  void write(const zookeeper_link& link, std::size_t i, const set_op& wanted, std::string& path,
             zoo_op_t& call) {
    path = link.full(wanted.path);
    zoo_set_op_init(&call, path.c_str(), wanted.data.data(), length_of(wanted.data),
                    wanted.expected, &stats_[i]);
  }
  void write(const zookeeper_link& link, std::size_t, const remove_op& wanted, std::string& path,
             zoo_op_t& call) {
    path = link.full(wanted.path);
    zoo_delete_op_init(&call, path.c_str(), wanted.expected);
  }
  void write(const zookeeper_link& link, std::size_t, const check_op& wanted, std::string& path,
             zoo_op_t& call) {
    path = link.full(wanted.path);
    zoo_check_op_init(&call, path.c_str(), wanted.expected);
  }

  static void answer(int code, const void* data) {
    const auto self = take_back<multi_request>(data, code);
    if (code != ZOK)
      return self->give_up(self->first_failure(code));
    self->succeed(self->outcome());
  }

  /// The servers mark those before the one that failed with `ZOK` and those after it as not tried.
  multi_error first_failure(int code) const {
    const auto to_blame =
        std::find_if(results_.begin(), results_.end(),
                     [code](const zoo_op_result& result) { return result.err == code; });
    const auto meaning = to_error(code);
    if (to_blame == results_.end() || meaning == error::connection_loss ||
        meaning == error::session_expired)
      return {meaning, multi_error::whole};
    return {meaning, static_cast<std::size_t>(to_blame - results_.begin())};
  }

  std::vector<op_result> outcome() const {
    std::vector<op_result> all(ops_.size());
    const auto set = std::find_if(ops_.begin(), ops_.end(), [](const op& each) {
      return std::holds_alternative<set_op>(each);
    });
    // All of a transaction bears one number and one time.
    const auto when =
        set == ops_.end() ? stat{} : to_stat(stats_[static_cast<std::size_t>(set - ops_.begin())]);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
      if (const auto* made = std::get_if<create_op>(&ops_[i]))
        all[i] = {own_path(*chroot_, names_[i].c_str()), stat_of(*made, when)};
      else if (std::holds_alternative<set_op>(ops_[i]))
        all[i].stat = to_stat(stats_[i]);
    }
    return all;
  }

  /// The library keeps a created node's stat to itself; but for its time, it is known beforehand.
  zk::stat stat_of(const create_op& made, const zk::stat& when) const {
    zk::stat known;
    known.czxid = known.mzxid = when.mzxid;
    known.ctime_unix_ms = known.mtime_unix_ms = when.mtime_unix_ms;
    known.ephemeral_owner = is_ephemeral(made.mode) ? session_ : session_id::none;
    known.data_bytes = static_cast<std::uint32_t>(made.data.size());
    return known;
  }

  // The library writes into these until it has answered.
  std::vector<zoo_op_result> results_;
  std::vector<Stat> stats_;
  std::vector<std::string> names_;
  const std::string* chroot_ = nullptr;
  session_id session_ = session_id::none;
};

} // namespace

request_ptr make_multi(std::vector<op> ops, reply<multi_result> done) {
  if (ops.size() == 1 && !std::holds_alternative<check_op>(ops.front()))
    return std::make_unique<single_request>(std::move(ops), std::move(done));
  return std::make_unique<multi_request>(std::move(ops), std::move(done));
}

std::size_t wire_bytes(const std::vector<op>& ops, std::size_t chroot_bytes) noexcept {
  // Headers, lengths, version, flags; and the access list of a create.
  constexpr std::size_t operation_bytes = 64;
  return payload_bytes(ops) + ops.size() * (chroot_bytes + operation_bytes);
}

} // namespace mqttzoo::zk
