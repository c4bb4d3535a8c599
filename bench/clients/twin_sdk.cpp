// The jobs of twin.h with the SDK, on one thread.
#include "twin.h"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <mqttzoo/client.hpp>

namespace {

using namespace mqttzoo;

void must(const char* what, std::error_code error) {
  if (error)
    twin_fail((what + (": " + error.message())).c_str(), error.value());
}

client_options how(const twin& t) {
  client_options o;
  o.servers = {std::string{t.host} + ':' + std::to_string(t.port)};
  o.version = protocol::v3_1_1;
  return o;
}

class publishing {
public:
  explicit publishing(const twin& t)
      : twin_(t), client_(io_.get_executor(), how(t)), payload_(t.size, 'x') {}

  void run() {
    client_.connect([this](std::error_code error) {
      must("connect", error);
      began_ = twin_now();
      for (int i = 0; i < twin_.window; ++i)
        next();
    });
    io_.run();
  }

private:
  void next() {
    if (sent_ == twin_.count)
      return;
    ++sent_;
    client_.publish({TWIN_TOPIC, payload_, static_cast<qos>(twin_.qos)},
                    [this](std::error_code error) {
                      must("publish", error);
                      if (++done_ == twin_.count) {
                        twin_report(began_, twin_.count);
                        io_.stop();
                      }
                      next();
                    });
  }

  const twin& twin_;
  boost::asio::io_context io_{1};
  client client_;
  std::string payload_;
  twin_times began_{};
  long sent_ = 0, done_ = 0;
};

void receive(const twin& t) {
  boost::asio::io_context io{1};
  client c{io.get_executor(), how(t)};
  subscription held;
  twin_times began{};
  long done = 0;
  c.connect([](std::error_code error) { must("connect", error); });
  c.listen(
      TWIN_TOPIC, static_cast<qos>(t.qos),
      [&](const received&) {
        if (twin_is_over(&t, &began, ++done) == 0)
          return;
        twin_report(began, done);
        io.stop();
      },
      [&](std::error_code error, subscription s) {
        must("subscribe", error);
        held = std::move(s);
        puts("ready");
        fflush(stdout);
      });
  io.run();
}

void idle(const twin& t) {
  boost::asio::io_context io{1};
  std::deque<client> all;
  const auto connect_one = [&] {
    all.emplace_back(io.get_executor(), how(t)).connect([&](std::error_code error) {
      must("connect", error);
      io.stop();
    });
    io.run();
    io.restart();
  };
  connect_one(); // what only the first one takes
  const auto before = twin_memory();
  for (int i = 0; i < t.clients; ++i)
    connect_one();
  twin_report_memory(before, t.clients);
}

} // namespace

int main(int argc, char** argv) {
  const auto t = twin_options(argc, argv);
  if (t.job == std::string{"publish"})
    publishing{t}.run();
  else
    t.job == std::string{"receive"} ? receive(t) : idle(t);
  return 0;
}
