// Precompiled for test_net: what nearly every suite of it parses.
#include "tests/pch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
