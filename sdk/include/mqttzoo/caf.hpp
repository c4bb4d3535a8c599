// For applications on CAF 0.17: a subscription as messages to an actor, a publish as a request.
//
// Include it in a program that links with CAF; the SDK itself does not. The client runs on an Asio
// executor of the application's, actors run where they always do, and nothing is shared between
// them but messages.
//
//     auto client = std::make_shared<mqttzoo::client>(io.get_executor(), options);
//     auto publisher = system.spawn(mqttzoo::publisher, client);
//     self->request(publisher, 10s, mqttzoo::actor_message{"a/b", "hello", 1, false})
//         .then([] {}, [](const caf::error& why) {});
#pragma once

#include <caf/all.hpp>

#include <cstdint>
#include <memory>
#include <mqttzoo/client.hpp>
#include <string>
#include <unordered_map>
#include <utility>

namespace mqttzoo {

/// A message on its way to or from an actor.
struct actor_message {
  std::string topic;
  std::string payload;
  std::uint8_t qos = 0;
  bool retain = false;
};

/// For CAF.
template<class Inspector>
typename Inspector::result_type inspect(Inspector& f, actor_message& m) {
  return f(caf::meta::type_name("mqttzoo::actor_message"), m.topic, m.payload, m.qos, m.retain);
}

/// What became of a publish; from the client to the publisher.
struct publish_outcome {
  std::uint64_t number = 0;
  std::int32_t code = 0; ///< of the std::error_code; 0: promised
  std::string text;
};

/// For CAF.
template<class Inspector>
typename Inspector::result_type inspect(Inspector& f, publish_outcome& o) {
  return f(caf::meta::type_name("mqttzoo::publish_outcome"), o.number, o.code, o.text);
}

/// Subscribes to `filter` for `receiver`, which gets an actor_message for each message. Calls
/// `done(std::error_code, subscription)` on the client's executor; the subscription ends with that
/// handle. A message is acknowledged when it is in the actor's mailbox, which has no bound: an
/// actor that falls behind needs client::subscribe() instead.
template<class Done>
void subscribe_actor(client& from, std::string filter, const subscribe_options& how,
                     const caf::actor& receiver, Done done) {
  from.listen(
      std::move(filter), how,
      [receiver](const received& m) {
        caf::anon_send(receiver, actor_message{m.topic, m.payload, static_cast<std::uint8_t>(m.qos),
                                               m.retain});
      },
      std::move(done));
}

/// The requests of a publisher that wait for their promise; bounded by the client's outbox.
struct publisher_state {
  std::unordered_map<std::uint64_t, caf::response_promise> open;
  std::uint64_t next = 0;
};

/// An actor that publishes: a request with an actor_message is answered with nothing when the
/// promise is made, or with caf::sec::runtime_error, the error's code and its text.
inline caf::behavior publisher(caf::stateful_actor<publisher_state>* self,
                               std::shared_ptr<client> to) {
  return {
      [self, to](actor_message& m) {
        const auto number = ++self->state.next;
        auto promise = self->make_response_promise();
        self->state.open.emplace(number, promise);
        message out{std::move(m.topic), std::move(m.payload), static_cast<qos>(m.qos)};
        out.retain = m.retain;
        // The answer comes on another thread, and back to this actor as a message.
        to->publish(std::move(out), [me = caf::actor_cast<caf::actor>(self),
                                     number](std::error_code e) {
          caf::anon_send(me, publish_outcome{number, e.value(), e ? e.message() : std::string{}});
        });
        return promise;
      },
      [self](const publish_outcome& outcome) {
        auto found = self->state.open.extract(outcome.number);
        if (found.empty())
          return;
        if (outcome.code == 0)
          found.mapped().deliver(caf::unit);
        else
          found.mapped().deliver(
              caf::make_error(caf::sec::runtime_error, outcome.code, outcome.text));
      },
  };
}

} // namespace mqttzoo
