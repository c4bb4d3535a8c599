#include "zk/behind_sync.hpp"

#include <utility>

namespace mqttzoo::zk {

namespace {

template<class T>
using read_operation = void (store::*)(executor&, std::string, watcher, handler<T>);

template<class T>
void read_behind_sync(store& in, executor& where, std::string path, read_operation<T> read,
                      handler<T> done) {
  in.sync(where, path,
          [&in, &where, path, read,
           done = std::move(done)](const expected<std::monostate, error>& synced) mutable {
            if (!synced)
              return done(unexpected(synced.error()));
            (in.*read)(where, std::move(path), nullptr, std::move(done));
          });
}

} // namespace

void get_behind_sync(store& in, executor& where, std::string path, handler<node> done) {
  read_behind_sync<node>(in, where, std::move(path), &store::get, std::move(done));
}

void exists_behind_sync(store& in, executor& where, std::string path,
                        handler<std::optional<stat>> done) {
  read_behind_sync<std::optional<stat>>(in, where, std::move(path), &store::exists,
                                        std::move(done));
}

void children_behind_sync(store& in, executor& where, std::string path, handler<child_list> done) {
  read_behind_sync<child_list>(in, where, std::move(path), &store::children, std::move(done));
}

} // namespace mqttzoo::zk
