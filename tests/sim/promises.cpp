// The promises of a cluster under random schedules and faults: what was acknowledged arrives, of
// QoS 2 once, in order, whatever dies.
//
// MQTTZOO_SIM_FIRST and MQTTZOO_SIM_SEEDS choose the seeds (tools/sim); a failure names its seed.
#define CAF_SUITE sim
#include "tests/sim/sim_run.hpp"

#include <cstdlib>
#include <string>

using namespace mqttzoo;
using namespace mqttzoo::sim;
using namespace std::chrono_literals;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t preset) {
  const auto* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : preset;
}

const std::uint64_t first_seed = number_from("MQTTZOO_SIM_FIRST", 1);
const std::uint64_t seeds = number_from("MQTTZOO_SIM_SEEDS", 100);

run::complaints play(std::uint64_t seed, weather w, run::toll* taken = nullptr) {
  w.store.seed = seed;
  run r{seed, std::move(w)};
  auto found = r.play();
  if (taken)
    *taken += r.toll_taken();
  return found;
}

run::toll play_all(const weather& w) {
  run::toll all;
  for (auto seed = first_seed; seed < first_seed + seeds; ++seed) {
    CAF_MESSAGE("seed " << seed);
    for (const auto& what : play(seed, w, &all))
      CAF_ERROR("seed " << seed << ": " << what);
  }
  CAF_MESSAGE(all.killed << " pods were killed, " << all.leaders << " of them led; " << all.drained
                         << " drained, " << all.moved << " sessions moved");
  if (w.moves)
    CAF_CHECK(all.moved > seeds / 4); // else they show nothing
  return all;
}

/// Pods that make the mistake are found out, or the simulation is worth nothing.
void find(actors::planted_bug bug, deaths kills, const std::string& by, weather w = {}) {
  w.kills = kills;
  w.bug = bug;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed)
    for (const auto& what : play(seed, w))
      if (what.find(by) != std::string::npos) {
        CAF_MESSAGE("found by seed " << seed << ": " << what);
        return;
      }
  CAF_ERROR("not found");
}

} // namespace

CAF_TEST(promises hold while clients move from pod to pod) {
  play_all({});
}

CAF_TEST(promises hold when links are cut) {
  weather w;
  w.cuts = true;
  play_all(w);
}

CAF_TEST(promises hold when pods are killed) {
  weather w;
  w.kills = deaths::one_by_one;
  play_all(w);
}

CAF_TEST(promises hold while sessions move) {
  weather w;
  w.moves = true;
  play_all(w);
}

CAF_TEST(promises hold when pods are killed while sessions move) {
  weather w;
  w.moves = true;
  w.kills = deaths::amid_moves;
  play_all(w);
}

CAF_TEST(promises hold when pods are killed and links are cut while sessions move) {
  weather w;
  w.moves = true;
  w.kills = deaths::amid_moves;
  w.cuts = true;
  w.store.loss_per_mille = 1;
  w.store.delay_per_mille = 10;
  w.store.watch_delay_per_mille = 20;
  play_all(w);
}

CAF_TEST(what is acknowledged arrives when everything fails at once) {
  play_all(storm());
}

CAF_TEST(the books are exact when everything fails at once and time runs out) {
  auto w = storm();
  w.bank = tight();
  w.expires = true;
  const auto toll = play_all(w);
  if (seeds >= 100) { // docs/bank.md says how many there are
    CAF_CHECK_GREATER_OR_EQUAL(toll.killed, 1000u);
    CAF_CHECK_GREATER_OR_EQUAL(toll.leaders, 20u);
  }
}

CAF_TEST(a leader that reaps without its fence is found) {
  weather w;
  w.bank = tight();
  w.expires = true;
  find(actors::planted_bug::unfenced_reaping, deaths::one_by_one, "the books are wrong", w);
}

CAF_TEST(credits that are returned twice are found) {
  weather w;
  w.bank = tight();
  w.expires = true;
  find(actors::planted_bug::returned_twice, deaths::none, "the books are wrong", w);
}

CAF_TEST(an acknowledgement that comes too early is found) {
  find(actors::planted_bug::early_acknowledgement, deaths::one_by_one, "never got it");
}

CAF_TEST(a write without its fence is found) {
  find(actors::planted_bug::unfenced_write, deaths::cascades, "");
}

CAF_TEST(a watch that is lost is found) {
  find(actors::planted_bug::lost_watch, deaths::one_by_one, "cannot connect");
}
