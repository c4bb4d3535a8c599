// The requests that change nothing: get, exists, children, sync.
#include "zk/zookeeper_sent_request.hpp"

#include <utility>

namespace mqttzoo::zk {

namespace {

template<class Result>
class read_request : public sent_request {
public:
  read_request(std::string path, wanted_watch watch, reply<expected<Result, error>> done)
      : sent_request(path.size()), path_(std::move(path)), watch_(std::move(watch)),
        done_(std::move(done)) {}

  void fail(error code, outbox& out) override { done_(unexpected(code), out); }
  const std::string* watched_path() const noexcept override {
    return watch_.where != nullptr ? &path_ : nullptr;
  }
  watch_room room() const noexcept override { return watch_.room; }

protected:
  /// Whether the library is to set its watch: all of them call the handle's one watcher.
  int watch_flag() const noexcept { return watch_.where != nullptr ? 1 : 0; }

  enum class node_is : std::uint8_t { absent, there };

  void succeed(watch_kind kind, Result result, node_is how = node_is::there) {
    const bool heard = watch_.where == nullptr ||
                       client().watches().settle(kind, how == node_is::there, path_, watch_);
    if (heard)
      done_(std::move(result), client().out());
    else
      done_(unexpected(error::overloaded), client().out());
  }
  void give_up(int code) {
    if (watch_.where != nullptr)
      client().watches().cancel(path_);
    done_(unexpected(to_error(code)), client().out());
  }

  const std::string path_;

private:
  wanted_watch watch_;
  reply<expected<Result, error>> done_;
};

class get_request final : public read_request<node> {
public:
  using read_request::read_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    return zoo_aget(link.handle, link.full(path_).c_str(), watch_flag(), answer, this);
  }

private:
  static void answer(int code, const char* value, int length, const Stat* found, const void* data) {
    const auto self = take_back<get_request>(data, code);
    if (code != ZOK)
      return self->give_up(code);
    // A node that somebody else made without data has a length of -1.
    node read{length > 0 ? std::string(value, static_cast<std::size_t>(length)) : std::string{},
              to_stat(*found)};
    self->succeed(watch_kind::data, std::move(read));
  }
};

class exists_request final : public read_request<std::optional<stat>> {
public:
  using read_request::read_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    return zoo_aexists(link.handle, link.full(path_).c_str(), watch_flag(), answer, this);
  }

private:
  static void answer(int code, const Stat* found, const void* data) {
    const auto self = take_back<exists_request>(data, code);
    if (code == ZNONODE)
      self->succeed(watch_kind::exists, std::nullopt, node_is::absent);
    else if (code == ZOK)
      self->succeed(watch_kind::exists, to_stat(*found));
    else
      self->give_up(code);
  }
};

class children_request final : public read_request<child_list> {
public:
  using read_request::read_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    return zoo_aget_children2(link.handle, link.full(path_).c_str(), watch_flag(), answer, this);
  }

private:
  static void answer(int code, const String_vector* names, const Stat* parent, const void* data) {
    const auto self = take_back<children_request>(data, code);
    if (code != ZOK)
      return self->give_up(code);
    self->succeed(watch_kind::children,
                  {{names->data, names->data + names->count}, to_stat(*parent)});
  }
};

class sync_request final : public read_request<std::monostate> {
public:
  using read_request::read_request;

  int send(const zookeeper_link& link) override {
    sent_over(link);
    return zoo_async(link.handle, link.full(path_).c_str(), answer, this);
  }

private:
  static void answer(int code, const char*, const void* data) {
    const auto self = take_back<sync_request>(data, code);
    if (code != ZOK)
      return self->give_up(code);
    self->succeed(watch_kind::data, {});
  }
};

/// What the client knows of its watches.
class watch_list_request final : public zookeeper_request {
public:
  watch_list_request(watch_query which, reply<expected<watch_list, error>> done)
      : zookeeper_request(which.below.size() + which.after.size()), which_(std::move(which)),
        done_(std::move(done)) {}

  bool answer_here(zookeeper_client& client) override {
    done_(client.watches().list(which_), client.out());
    return true;
  }
  int send(const zookeeper_link&) override { return ZSYSTEMERROR; }
  void fail(error code, outbox& out) override { done_(unexpected(code), out); }

private:
  watch_query which_;
  reply<expected<watch_list, error>> done_;
};

} // namespace

request_ptr make_watch_list(watch_query which, reply<expected<watch_list, error>> done) {
  return std::make_unique<watch_list_request>(std::move(which), std::move(done));
}

request_ptr make_get(std::string path, wanted_watch watch, reply<expected<node, error>> done) {
  return std::make_unique<get_request>(std::move(path), std::move(watch), std::move(done));
}

request_ptr make_exists(std::string path, wanted_watch watch,
                        reply<expected<std::optional<stat>, error>> done) {
  return std::make_unique<exists_request>(std::move(path), std::move(watch), std::move(done));
}

request_ptr make_children(std::string path, wanted_watch watch,
                          reply<expected<child_list, error>> done) {
  return std::make_unique<children_request>(std::move(path), std::move(watch), std::move(done));
}

request_ptr make_sync(std::string path, reply<expected<std::monostate, error>> done) {
  return std::make_unique<sync_request>(std::move(path), wanted_watch{}, std::move(done));
}

} // namespace mqttzoo::zk
