#include "zk/faulty_store.hpp"

#include "zk/faulty_stream.hpp"

#include <type_traits>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Where completions of the store beneath run: at once, as they only enter the stream.
inline_executor& at_once() {
  static inline_executor executor;
  return executor;
}

template<class Result>
Result failure(error code) {
  return unexpected(typename Result::error_type{code});
}

/// Follows the sessions of the store beneath.
template<class Stream>
class session_relay final : public watch_sink {
public:
  explicit session_relay(std::weak_ptr<Stream> out) : out_(std::move(out)) {}

  void on_watch(const watch_event&) override {} // sets no watch

  void on_session(const session_event& event) override {
    const auto out = out_.lock();
    if (!out)
      return;
    if (event.state == session_state::expired)
      out->end_session(event.session);
    else if (event.state == session_state::connected)
      out->begin_session(event.session);
  }

private:
  std::weak_ptr<Stream> out_;
};

} // namespace

faulty_store::faulty_store(store& beneath, faulty_options options)
    : beneath_(beneath), stream_(std::make_shared<stream>(std::move(options))),
      session_relay_(std::make_shared<session_relay<stream>>(stream_)) {
  beneath_.attach(at_once(), session_relay_);
}

faulty_store::~faulty_store() = default;

/// Decides the operation's fate and forwards it; `forward` gets the handler to pass on. What must
/// not be applied is replaced by a `sync`, so that its answer still comes in its turn.
template<class Result, class Forward>
void faulty_store::pass(executor& where, access how, std::function<void(Result)> done,
                        Forward forward) {
  const auto fate = stream_->decide(how == access::writes);
  if (fate.expires_session)
    stream_->expire_session();
  auto shared = std::make_shared<std::function<void(Result)>>(std::move(done));
  stream::parcel answer;
  answer.where = &where;
  answer.delay_steps = fate.delay_steps;
  answer.fail = [shared](error code) { (*shared)(failure<Result>(code)); };
  if (fate.refused) {
    beneath_.sync(at_once(), "/", [out = stream_, answer, fate](auto synced) mutable {
      answer.call = [fail = answer.fail, code = synced ? *fate.refused : synced.error()] {
        fail(code);
      };
      out->add(std::move(answer), fate.link);
    });
    return;
  }
  auto passed = [out = stream_, answer, shared, fate](Result result) mutable {
    answer.call = [shared, result = std::move(result)]() mutable { (*shared)(std::move(result)); };
    out->add(std::move(answer), fate.link);
  };
  forward(std::move(passed), fate.link);
}

void faulty_store::multi(executor& where, std::vector<op> ops, multi_handler done) {
  pass(where, access::writes, std::move(done), [&](multi_handler passed, auto) {
    beneath_.multi(at_once(), std::move(ops), std::move(passed));
  });
}

void faulty_store::get(executor& where, std::string path, watcher watch, handler<node> done) {
  pass(where, access::reads, std::move(done), [&](handler<node> passed, auto) {
    beneath_.get(at_once(), std::move(path), stream_->relayed(where, watch), std::move(passed));
  });
}

void faulty_store::exists(executor& where, std::string path, watcher watch,
                          handler<std::optional<stat>> done) {
  pass(where, access::reads, std::move(done), [&](handler<std::optional<stat>> passed, auto) {
    beneath_.exists(at_once(), std::move(path), stream_->relayed(where, watch), std::move(passed));
  });
}

void faulty_store::children(executor& where, std::string path, watcher watch,
                            handler<child_list> done) {
  pass(where, access::reads, std::move(done), [&](handler<child_list> passed, auto) {
    beneath_.children(at_once(), std::move(path), stream_->relayed(where, watch),
                      std::move(passed));
  });
}

void faulty_store::scan(executor& where, std::string path, scan_options options, page_handler page,
                        handler<std::size_t> done) {
  const auto shared = std::make_shared<page_handler>(std::move(page));
  pass(where, access::reads, std::move(done), [&](handler<std::size_t> passed, std::uint64_t link) {
    const auto pass_page = [out = stream_, &where, shared, link](std::vector<scanned_node> nodes) {
      stream::parcel next{stream::parcel_kind::page, &where, {}, {}, 0};
      next.call = [shared, nodes = std::move(nodes)]() mutable { (*shared)(std::move(nodes)); };
      out->add(std::move(next), link);
    };
    beneath_.scan(at_once(), std::move(path), options, pass_page, std::move(passed));
  });
}

void faulty_store::sync(executor& where, std::string path, handler<std::monostate> done) {
  pass(where, access::reads, std::move(done), [&](handler<std::monostate> passed, auto) {
    beneath_.sync(at_once(), std::move(path), std::move(passed));
  });
}

void faulty_store::watches(executor& where, watch_query which, handler<watch_list> done) {
  beneath_.watches(
      where, std::move(which), [done = std::move(done)](expected<watch_list, error> found) {
        if (found) // a relay outlives its sink, and is nobody's then
          std::erase_if(found->watches, [](const set_watch& w) { return w.whose.empty(); });
        done(std::move(found));
      });
}

void faulty_store::attach(executor& where, const watcher& sink) {
  stream_->attach(where, sink, beneath_.session());
}

session_id faulty_store::session() const noexcept {
  return stream_->session_over() ? session_id::none : beneath_.session();
}

void faulty_store::close() {
  beneath_.close();
  stream_->hurry();
}

void faulty_store::next_meets(fault what) {
  stream_->next_meets(what);
}
void faulty_store::set_full(bool yes) {
  stream_->set_full(yes);
}
bool faulty_store::step() {
  return stream_->step();
}
faulty_counters faulty_store::counters() const {
  return stream_->counters();
}

} // namespace mqttzoo::zk
