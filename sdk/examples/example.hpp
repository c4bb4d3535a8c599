// What the examples share: a loop, the server's URL from the command line, and a status.
#pragma once

#include <boost/asio.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <mqttzoo/client.hpp>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// What each example defines; 0 is success.
asio::awaitable<int> example(std::string url);

/// Options for one server; the rest is as usual.
inline mqttzoo::client_options at(const std::string& url) {
  mqttzoo::client_options options;
  options.servers = {url};
  return options;
}

/// Says what went wrong; 1 if anything did.
inline int report(const char* what, std::error_code error) {
  if (error)
    std::cerr << what << ": " << error.message() << '\n';
  return error ? 1 : 0;
}

int main(int argc, char** argv) {
  asio::io_context io;
  int status = 1;
  asio::co_spawn(io, example(argc > 1 ? argv[1] : "mqtt://localhost"),
                 [&](const std::exception_ptr&, int result) {
                   status = result;
                   io.stop();
                 });
  io.run();
  return status;
}
