// How people's traces reach the tracer.
#include "actors/inspector.hpp"
#include "actors/tracer.hpp"

#include <caf/actor_cast.hpp>

#include <utility>

namespace mqttzoo::actors {

void inspector::with_tracer(std::function<void(tracer*)> then) const {
  units_.front().post([this, then = std::move(then)] {
    const auto handle = caf::actor_cast<caf::strong_actor_ptr>(pod().tracer);
    then(handle ? dynamic_cast<tracer*>(handle->get()) : nullptr);
  });
}

void inspector::start_trace(trace_terms what,
                            std::function<void(std::optional<trace_id>)> then) const {
  with_tracer([what = std::move(what), then = std::move(then)](tracer* t) mutable {
    then(t ? t->start(std::move(what)) : std::nullopt);
  });
}

void inspector::traces(std::function<void(std::vector<trace_summary>)> then) const {
  with_tracer([then = std::move(then)](const tracer* t) {
    then(t ? t->list() : std::vector<trace_summary>{});
  });
}

void inspector::trace(trace_id id, std::size_t after, std::size_t limit,
                      std::function<void(std::optional<trace_page>)> then) const {
  with_tracer([id, after, limit, then = std::move(then)](const tracer* t) {
    then(t ? t->read(id, after, limit) : std::nullopt);
  });
}

void inspector::drop_trace(trace_id id, std::function<void(bool)> then) const {
  with_tracer([id, then = std::move(then)](tracer* t) { then(t && t->drop(id)); });
}

} // namespace mqttzoo::actors
