// The types that messages between actors may hold although CAF cannot serialize them: none of its
// messages leaves the process.
#pragma once

#include "actors/loan.hpp"
#include "actors/messages.hpp"
#include "actors/trace_step.hpp"
#include "actors/trace_terms.hpp"
#include "net/pod_link.hpp"
#include "zk/store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <vector>

namespace mqttzoo::actors {

class session_card;
struct bank_commit;
struct attachment;
struct login_request;
struct far_attachment;
struct found_retained;
struct recovered_mail;

} // namespace mqttzoo::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::batch_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::card_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::change_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::deposit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::fan_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::dismissal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::far_receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::far_word)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::group_mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::loan)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::loan_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::member_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::parcel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::pod_frame)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::rest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::retain_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::retained_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::running_traces)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::route_change_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::ticket_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::topic_use)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::view_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::client_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::net::pod_link_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::pod_life)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::dismissal_round>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::drain_orders>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::far_route>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const std::vector<mqttzoo::actors::card_ref>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const std::vector<mqttzoo::actors::found_retained>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const std::vector<mqttzoo::actors::trace_step>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const std::vector<mqttzoo::client_id>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const std::vector<mqttzoo::zk::op>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mqttzoo::actors::bank_commit>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mqttzoo::actors::recovered_mail>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::connection_epoch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::group_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::message_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::packet_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::reason_code)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::stored_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::stored_pointer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::mqtt::topic_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::ref<mqttzoo::actors::publish_ticket>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::unit_index)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::retained_cursor>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::session_state_record>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<const mqttzoo::actors::subscription_change>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mqttzoo::actors::attachment>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mqttzoo::actors::far_attachment>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<mqttzoo::actors::login_request>)
