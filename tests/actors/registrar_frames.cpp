// The registrar's frames there and back, and what is no such frame.
#define CAF_SUITE registrar_frames
#include "actors/registrar_frames.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::actors;

namespace {

struct example {
  net::link_kind kind;
  registrar_frame frame;
};

std::vector<example> examples() {
  const client_id a{"a"}, b{std::string(65'535, 'b')};
  return {
      {frame_kind::roster, {7, 0, {a, b}, {}}},
      {frame_kind::roster, {7, 0, {}, {}}},
      {frame_kind::roster_end, {7, 0, {}, {}}},
      {frame_kind::claim, {7, 1ull << 60, {a}, {}}},
      {frame_kind::granted, {7, 9, {a}, {}}},
      {frame_kind::held, {7, 9, {b}, pod_life{"p-0-1"}}},
      {frame_kind::adopted, {1ll << 40, 0, {a}, {}}},
      {frame_kind::released, {0, 0, {a}, {}}},
  };
}

} // namespace

CAF_TEST(what is encoded is decoded) {
  for (const auto& e : examples()) {
    const auto f = decode_registrar_frame(encode(e.kind, e.frame));
    CAF_REQUIRE(f.has_value());
    CAF_CHECK_EQUAL(f->view, e.frame.view);
    CAF_CHECK_EQUAL(f->number, e.frame.number);
    CAF_CHECK(f->clients == e.frame.clients);
    CAF_CHECK(f->holder == e.frame.holder);
  }
}

CAF_TEST(what is cut or too long is refused) {
  for (const auto& e : examples()) {
    const auto whole = encode(e.kind, e.frame);
    const auto sizes_to_try = std::min<std::size_t>(whole.body.size(), 40);
    for (std::size_t n = 0; n < sizes_to_try; ++n) {
      auto cut = whole;
      cut.body.resize(n);
      // A roster may end behind each of its clients.
      const bool may_end = e.kind == frame_kind::roster && (n == 8 || n == 11);
      CAF_CHECK_EQUAL(decode_registrar_frame(cut).has_value(), may_end);
    }
    auto longer = whole;
    longer.body += 'x';
    CAF_CHECK(!decode_registrar_frame(longer));
  }
}

CAF_TEST(nonsense is refused) {
  CAF_CHECK(!decode_registrar_frame(encode(frame_kind::claim, {1, 1, {client_id{}}, {}})));
  CAF_CHECK(!decode_registrar_frame(encode(frame_kind::held, {1, 1, {client_id{"a"}}, {}})));
  CAF_CHECK(!decode_registrar_frame(encode(frame_kind::released, {-1, 0, {client_id{"a"}}, {}})));
  auto unknown = encode(frame_kind::released, {1, 0, {client_id{"a"}}, {}});
  unknown.kind = frame_kind::last_of_registrar;
  CAF_CHECK(!decode_registrar_frame(unknown));
}
