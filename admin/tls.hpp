// What the endpoint needs for HTTPS: its certificate, its key, and the authorities of its clients.
//
// A function, called once at start.
#pragma once

#include "core/settings.hpp"

#include <boost/asio/ssl/context.hpp>

#include <string>

namespace mqttzoo::admin {

/// A sentence that names the file if one cannot be used.
std::string set_up_tls(boost::asio::ssl::context& context, const core::admin_settings& from);

} // namespace mqttzoo::admin
