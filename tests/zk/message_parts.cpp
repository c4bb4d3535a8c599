// A message in parts: what is cut comes together again, and what is not whole is no message.
#define CAF_SUITE zk.message_parts

#include "zk/message_parts.hpp"

#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"
#include "zk/paths.hpp"

#include <caf/test/dsl.hpp>

#include <iterator>
#include <memory>
#include <variant>

using namespace mqttzoo;
using namespace mqttzoo::zk;

namespace {

const std::string head = "/m";

std::string bytes_of(std::size_t count, unsigned seed) {
  std::string made(count, '\0');
  for (std::size_t i = 0; i < count; ++i)
    made[i] = static_cast<char>((i * 131 + i / 257 + seed) & 0xFF);
  return made;
}

struct parts_fixture {
  parts_fixture() {
    embedded_options options;
    options.path = ":memory:";
    options.threading = store_threading::manual;
    store = std::move(embedded_store::open(options).value());
    faults = std::make_unique<faulty_store>(*store, faulty_options{});
    write(create_op{head});
  }

  void settle() {
    while (store->run_turn() > 0 || faults->step()) {
    }
  }

  void write(op what) { write(std::vector<op>{std::move(what)}); }
  void write(std::vector<op> ops) {
    bool applied = false;
    store->multi(here, std::move(ops), [&](const multi_result& r) { applied = r.has_value(); });
    settle();
    CAF_REQUIRE(applied);
  }

  stored_parts store_parts(const message_body& m) {
    const auto parts = cut(m.properties.size(), m.payload.size());
    for (std::uint32_t k = 0; k < parts.count; ++k)
      write(create_op{paths::mail_part(head, k), part_data(m.properties, m.payload, k)});
    return parts;
  }

  using answer = expected<std::optional<message_body>, error>;
  answer read(const stored_parts& parts) {
    std::optional<answer> found;
    read_parts(*faults, here, head, parts, [&](answer a) { found = std::move(a); });
    settle();
    CAF_REQUIRE(found);
    return *found;
  }

  void check_round_trip(std::size_t properties, std::size_t payload, std::uint32_t count) {
    const message_body m{bytes_of(properties, 1), bytes_of(payload, 2)};
    const auto parts = store_parts(m);
    CAF_CHECK_EQUAL(parts.count, count);
    const auto got = read(parts);
    CAF_REQUIRE(got && got->has_value());
    CAF_CHECK((*got)->properties == m.properties);
    CAF_CHECK((*got)->payload == m.payload);
    std::vector<op> gone;
    remove_parts(head, count, gone);
    write(std::move(gone));
  }

  inline_executor here;
  std::unique_ptr<embedded_store> store;
  std::unique_ptr<faulty_store> faults;
};

const message_body two_parts{"properties", bytes_of(part_bytes_max + 5, 3)};

} // namespace

CAF_TEST_FIXTURE_SCOPE(message_parts_tests, parts_fixture)

CAF_TEST(what is cut comes together again) {
  check_round_trip(0, 1, 1);
  check_round_trip(10, part_bytes_max - 10, 1);
  check_round_trip(10, part_bytes_max - 9, 2);
  check_round_trip(2 * part_bytes_max + 1, 3, 3);
  check_round_trip(part_bytes_max, part_bytes_max, 2);
  check_round_trip(1, 3 * part_bytes_max, 4);
}

CAF_TEST(a part fits into a transaction with others) {
  CAF_CHECK_LESS(part_data({}, bytes_of(2 * part_bytes_max, 0), 0).size(), 800'000u);
}

CAF_TEST(without one of its parts it is no message) {
  for (std::uint32_t missing = 0; missing < 2; ++missing) {
    const auto parts = store_parts(two_parts);
    write(remove_op{paths::mail_part(head, missing)});
    const auto got = read(parts);
    CAF_REQUIRE(got);
    CAF_CHECK(!got->has_value());
    write(remove_op{paths::mail_part(head, 1 - missing)});
  }
}

CAF_TEST(what is in a part must be a part of that length) {
  const auto parts = store_parts(two_parts);
  write(set_op{paths::mail_part(head, 1), "properties"});
  CAF_CHECK(!read(parts).value());
  write(set_op{paths::mail_part(head, 1), encode_part("too long").value()});
  CAF_CHECK(!read(parts).value());
  write(set_op{paths::mail_part(head, 1), encode_part("few").value()});
  CAF_CHECK(!read(parts).value());
}

CAF_TEST(a link that breaks is no missing part) {
  const auto parts = store_parts(two_parts);
  faults->next_meets(fault::loss_not_applied);
  const auto got = read(parts);
  CAF_REQUIRE(!got);
  CAF_CHECK(got.error() == error::connection_loss);
}

CAF_TEST_FIXTURE_SCOPE_END()
