// For whom a message is that a departed pod was given: chains of adoption.
#define CAF_SUITE session_card
#include "actors/session_card.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <vector>

using namespace mqttzoo;
using actors::departed_pod;
using actors::had;

namespace {

using lives = std::vector<pod_life>;

lives named(const std::string& letters) {
  lives all;
  for (const char c : letters)
    all.emplace_back(std::string{c});
  return all;
}

/// A letter a pod; `beside` departed since they and `pod` were given the message.
departed_pod departed(const std::string& pod, const std::string& beside = {}) {
  return {pod_life{pod}, named(beside)};
}

actors::card_ref card(const std::string& adopted_from) {
  return make_ref<actors::session_card>(session_number{1}, client_id{"c"}, unit_index{},
                                        named(adopted_from));
}

} // namespace

CAF_TEST(who had a session when a departed pod was given a message) {
  struct row {
    std::string adopted_from; ///< the latest first
    std::string pod, beside;
    bool had;
  };
  const std::vector<row> table{
      {"", "p", "", false},     // always here: it was given the message here
      {"p", "p", "", true},     //
      {"q", "p", "", false},    // was with q, which was given its own
      {"p", "p", "x", true},    // x had none of it
      {"qp", "p", "", true},    // p, then q, which adopted it
      {"qp", "p", "q", true},   // q was there too, but p had the session
      {"pq", "p", "", true},    // q departed before the message: p had adopted from it
      {"pq", "p", "q", false},  // q had it then, and was given the message
      {"prq", "p", "q", false}, // the same with r between them
      {"prq", "p", "r", false}, //
      {"prq", "p", "x", true},  //
      {"rpq", "p", "r", true},  // what came after p does not count
      {"rpq", "p", "rq", false},
  };
  for (const auto& r : table) {
    CAF_MESSAGE("adopted from " << r.adopted_from << ", given to " << r.pod << " beside "
                                << r.beside);
    CAF_CHECK_EQUAL(had(departed(r.pod, r.beside), named(r.adopted_from)), r.had);
  }
}

CAF_TEST(of two pods that passed it on both must have had the session) {
  actors::batch b{make_ref<const mqtt::shared_topic>("t"), nullptr, mqtt::connection_epoch::none};
  const auto is_for = [&](const std::string& adopted_from) {
    return actors::is_for(b, {card(adopted_from), nullptr, false});
  };
  CAF_CHECK(is_for("")); // not of a departed pod: for everybody
  b.origin.orphans_of = {departed("p"), departed("q")};
  CAF_CHECK(is_for("qp"));
  CAF_CHECK(!is_for("p")); // adopted by this pod at once, which p's peer gave its part
  CAF_CHECK(!is_for("q"));
  CAF_CHECK(!is_for(""));
}

CAF_TEST(no local holds for its publisher alone) {
  const auto self = card(""), other = card("");
  const actors::batch b{make_ref<const mqtt::shared_topic>("t"), self,
                        mqtt::connection_epoch::none};
  CAF_CHECK(!actors::is_for(b, {self, nullptr, true}));
  CAF_CHECK(actors::is_for(b, {self, nullptr, false}));
  CAF_CHECK(actors::is_for(b, {other, nullptr, true}));
}
