// Who may link with whom: both state machines against each other, and against what no pod says.
#define CAF_SUITE net.link_greeting

#include "net/link_greeting.hpp"

#include <caf/test/dsl.hpp>

#include <optional>
#include <random>

using namespace mqttzoo::net;
using namespace std::chrono_literals;
using namespace std::string_literals;
using progress = link_greeting::progress;

namespace {

struct certificate final : peer_proof {
  explicit certificate(std::string owner) : owner_(std::move(owner)) {}
  bool proves(std::string_view name) const override { return name == owner_; }
  const std::string& failure() const noexcept override { return failure_; }

  std::string owner_;
  std::string failure_;
};

/// One pod's side of a greeting.
struct side {
  explicit side(link_greeting g, std::optional<certificate> of_peer = {})
      : greeting(std::move(g)), proof(std::move(of_peer)) {}

  void hear(std::string& wire) {
    link_frame frame;
    while (last == progress::waiting) {
      const auto status = next_link_frame(wire, greeting_frame_bytes_max, frame);
      CAF_REQUIRE(status.has_value());
      if (*status == link_frame_status::need_more)
        return;
      last = greeting.on_frame(frame, proof ? &*proof : nullptr, said);
      wire.erase(0, frame.wire_size_bytes);
    }
  }

  link_greeting greeting;
  std::optional<certificate> proof;
  std::string said;
  progress last = progress::waiting;
};

/// What the two know and claim; the defaults suit each other.
struct meeting {
  link_identity dialler{"zoo", "pod-0", 7};
  link_identity acceptor{"zoo", "pod-1", 9};
  std::string dialled = "pod-1";
  pod_incarnations dialler_knows;
  pod_incarnations acceptor_knows;
  std::optional<certificate> of_dialler;
  std::optional<certificate> of_acceptor;
  std::optional<side> a;
  std::optional<side> b;

  void greet() {
    a.emplace(link_greeting::dialling(dialler, {1000, 4s}, dialled, dialler_knows), of_acceptor);
    b.emplace(link_greeting::accepting(acceptor, {2000, 5s}, acceptor_knows), of_dialler);
    a->greeting.start(a->said);
    b->greeting.start(b->said);
    for (int i = 0; i < 4; ++i) {
      b->hear(a->said);
      a->hear(b->said);
    }
  }

  /// The acceptor refuses, and the dialler hears why.
  void check_refused_by_acceptor(link_refusal why) {
    greet();
    CAF_CHECK(b->last == progress::refused);
    CAF_CHECK(b->greeting.refusal() == why);
    CAF_CHECK(a->last == progress::refused_by_peer);
    CAF_CHECK(a->greeting.refusal() == why);
  }

  void check_refused_by_dialler(link_refusal why) {
    greet();
    CAF_CHECK(a->last == progress::refused);
    CAF_CHECK(a->greeting.refusal() == why);
    CAF_CHECK(b->last == progress::refused_by_peer);
    CAF_CHECK(b->greeting.refusal() == why);
  }
};

link_hello example() {
  return {"zoo", "pod-0", "pod-1", 7, 9, {1000, 4s}};
}

std::string hello_body(const link_hello& hello = example()) {
  std::string body;
  append_hello(body, hello);
  return body;
}

/// What a fresh acceptor makes of one frame.
link_refusal answer_to(link_kind kind, std::string_view body) {
  pod_incarnations known;
  auto greeting = link_greeting::accepting({"zoo", "pod-1", 9}, {1000, 4s}, known);
  std::string out;
  const auto result = greeting.on_frame({kind, body, 0}, nullptr, out);
  CAF_CHECK(result == progress::refused);
  return greeting.refusal();
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(link_greeting_tests, meeting)

CAF_TEST(two pods that suit each other learn name incarnation and terms) {
  greet();
  CAF_REQUIRE(a->last == progress::open);
  CAF_REQUIRE(b->last == progress::open);
  CAF_CHECK_EQUAL(a->greeting.peer().pod, "pod-1");
  CAF_CHECK_EQUAL(a->greeting.peer().incarnation, 9u);
  CAF_CHECK_EQUAL(b->greeting.peer().pod, "pod-0");
  CAF_CHECK_EQUAL(b->greeting.peer().incarnation, 7u);
  CAF_CHECK_EQUAL(a->greeting.peer_terms().frame_bytes_max, 2000u);
  CAF_CHECK(b->greeting.peer_terms().silence_max == 4s);
  CAF_CHECK_EQUAL(dialler_knows.greatest_of("pod-1"), 9u);
  CAF_CHECK_EQUAL(acceptor_knows.greatest_of("pod-0"), 7u);
}

CAF_TEST(another cluster is refused) {
  dialler.cluster = "farm";
  check_refused_by_acceptor(link_refusal::wrong_cluster);
}

CAF_TEST(an address that another pod has taken over is refused by that pod) {
  acceptor.pod = "pod-2";
  check_refused_by_acceptor(link_refusal::wrong_name);
}

CAF_TEST(a pod that answers with another name than was dialled is refused) {
  greet(); // a true hello of pod-1, to replay from another pod
  auto greeting = link_greeting::dialling(dialler, {1000, 4s}, "pod-2", dialler_knows);
  std::string out;
  const auto body = hello_body({"zoo", "pod-1", "pod-0", 9, 0, {1000, 4s}});
  CAF_CHECK(greeting.on_frame({link_kind::hello, body, 0}, nullptr, out) == progress::refused);
  CAF_CHECK(greeting.refusal() == link_refusal::wrong_name);
}

CAF_TEST(a pod that claims to be this one is refused) {
  CAF_CHECK(answer_to(link_kind::hello, hello_body({"zoo", "pod-1", "pod-1", 1, 0, {}})) ==
            link_refusal::wrong_name);
}

CAF_TEST(a former life of the dialler is refused) {
  acceptor_knows.learn("pod-0", 8);
  check_refused_by_acceptor(link_refusal::older_incarnation);
  CAF_CHECK_EQUAL(acceptor_knows.greatest_of("pod-0"), 8u);
}

CAF_TEST(a later life of the dialler is welcome and remembered) {
  acceptor_knows.learn("pod-0", 6);
  greet();
  CAF_CHECK(b->last == progress::open);
  CAF_CHECK_EQUAL(acceptor_knows.greatest_of("pod-0"), 7u);
}

CAF_TEST(an acceptor that has a later life says so itself) {
  dialler_knows.learn("pod-1", 10);
  check_refused_by_acceptor(link_refusal::superseded);
}

CAF_TEST(a dialler that learns of a later life while it waits refuses the former one) {
  a.emplace(link_greeting::dialling(dialler, {1000, 4s}, dialled, dialler_knows));
  b.emplace(link_greeting::accepting(acceptor, {2000, 5s}, acceptor_knows));
  a->greeting.start(a->said);
  b->hear(a->said);
  dialler_knows.learn("pod-1", 10);
  a->hear(b->said);
  CAF_CHECK(a->last == progress::refused);
  CAF_CHECK(a->greeting.refusal() == link_refusal::older_incarnation);
}

CAF_TEST(only the pod with the lesser name dials) {
  CAF_CHECK(dials("pod-0", "pod-1"));
  CAF_CHECK(!dials("pod-1", "pod-0"));
  std::swap(dialler.pod, acceptor.pod);
  dialled = "pod-0";
  check_refused_by_acceptor(link_refusal::wrong_direction);
}

CAF_TEST(with certificates both names are proven) {
  of_dialler.emplace("pod-0");
  of_acceptor.emplace("pod-1");
  greet();
  CAF_CHECK(a->last == progress::open);
  CAF_CHECK(b->last == progress::open);
}

CAF_TEST(a dialler with the certificate of another pod is refused) {
  of_dialler.emplace("pod-5");
  check_refused_by_acceptor(link_refusal::not_proven);
}

CAF_TEST(an acceptor with the certificate of another pod is refused) {
  of_acceptor.emplace("pod-5");
  check_refused_by_dialler(link_refusal::not_proven);
}

CAF_TEST(a hello stands on the wire as documented) {
  CAF_CHECK_EQUAL(hello_body(), "MQZL\3\0\0\x3\xE8\0\0\xF\xA0"
                                "\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\x9\3zoo\5pod-0\5pod-1"s);
  const auto read = read_hello(hello_body());
  CAF_REQUIRE(read.has_value());
  CAF_CHECK(*read == example());
}

CAF_TEST(another version is told apart from nonsense whatever follows it) {
  CAF_CHECK(answer_to(link_kind::hello, "MQZL\4"s) == link_refusal::version);
  CAF_CHECK(answer_to(link_kind::hello, "MQZL\4something else") == link_refusal::version);
  CAF_CHECK(answer_to(link_kind::hello, "MQTT\4"s) == link_refusal::malformed);
  CAF_CHECK(answer_to(link_kind::hello, "") == link_refusal::malformed);
}

CAF_TEST(a hello that is cut or too long is malformed) {
  const auto whole = hello_body();
  for (std::size_t size = 5; size < whole.size(); ++size)
    CAF_CHECK(read_hello(std::string_view{whole}.substr(0, size)) ==
              (mqttzoo::unexpected<link_refusal>{link_refusal::malformed}));
  CAF_CHECK(!read_hello(whole + '\0').has_value());
}

CAF_TEST(names that are none are malformed) {
  CAF_CHECK(is_link_name("mqttzoo-0.zoo_1"));
  CAF_CHECK(is_link_name(std::string(link_name_bytes_max, 'a')));
  CAF_CHECK(!is_link_name(std::string(link_name_bytes_max + 1, 'a')));
  for (const auto* name : {"", ".pod", "-pod", "pod 0", "pod/0", "*",
                           "p\xC3\xB6"
                           "d",
                           "pod\n"})
    CAF_CHECK(!is_link_name(name));
  auto body = hello_body();
  body[body.size() - 5] = '.'; // of pod-1: a leading dot would match any subdomain of a certificate
  CAF_CHECK(!read_hello(body).has_value());
}

CAF_TEST(frames at the wrong time are refused) {
  CAF_CHECK(answer_to(link_kind::accept, "") == link_refusal::malformed);
  CAF_CHECK(answer_to(link_kind::heartbeat, "") == link_refusal::malformed);
  CAF_CHECK(answer_to(link_kind::first_of_user, "data") == link_refusal::malformed);
  auto greeting = link_greeting::accepting({"zoo", "pod-1", 9}, {}, acceptor_knows);
  std::string out;
  const auto body = hello_body();
  CAF_CHECK(greeting.on_frame({link_kind::hello, body, 0}, nullptr, out) == progress::waiting);
  CAF_CHECK(greeting.on_frame({link_kind::hello, body, 0}, nullptr, out) == progress::refused);
  CAF_CHECK_EQUAL(acceptor_knows.greatest_of("pod-0"), 0u); // it never was open
}

CAF_TEST(a refusal of a later version has no name here) {
  auto greeting = link_greeting::accepting({"zoo", "pod-1", 9}, {}, acceptor_knows);
  std::string out;
  CAF_CHECK(greeting.on_frame({link_kind::refuse, "\xC8", 0}, nullptr, out) ==
            progress::refused_by_peer);
  CAF_CHECK(greeting.refusal() == link_refusal::other);
  CAF_CHECK(out.empty());
}

CAF_TEST(a hello with damaged bytes is another hello or malformed) {
  std::mt19937 random{17};
  for (int round = 0; round < 20'000; ++round) {
    auto body = hello_body();
    for (auto flips = 1 + random() % 4; flips > 0; --flips)
      body[random() % body.size()] = static_cast<char>(random());
    body.resize(random() % 8 == 0 ? random() % body.size() : body.size());
    if (const auto read = read_hello(body); read && hello_body(*read) != body)
      CAF_FAIL("what was read is not what was sent");
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
