// Every typed actor interface of a pod, with a sentence each: read this to know who can be told
// what.
//
// Commands are imperative, events past tense. A request's answer is the type after `with`; where an
// answer would cross units in the hot path the answer is a message of its own instead, named in the
// comment.
#pragma once

#include "actors/messages.hpp"
#include "net/connection.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>

namespace mqttzoo::actors {

class session_card;
struct attachment;

#define MQTTZOO_ATOM(name, text) using name##_atom = caf::atom_constant<caf::atom(text)>
MQTTZOO_ATOM(publish, "publish");        // messages for a topic
MQTTZOO_ATOM(change_route, "chgroute");  // who gets a topic's messages changed
MQTTZOO_ATOM(send_retained, "sendret");  // give a new subscriber the topic's retained message
MQTTZOO_ATOM(probe_idle, "probeidle");   // were you used since the last time you were asked?
MQTTZOO_ATOM(retire, "retire");          // nobody knows you any more: quit
MQTTZOO_ATOM(activate, "activate");      // make a topic live
MQTTZOO_ATOM(found, "found");            // here is the topic you asked for
MQTTZOO_ATOM(forget, "forget");          // drop what you know of something
MQTTZOO_ATOM(forgotten, "forgotten");    // dropped
MQTTZOO_ATOM(deliver, "deliver");        // messages for sessions
MQTTZOO_ATOM(change, "change");          // subscriptions made and removed
MQTTZOO_ATOM(changed, "changed");        // every route has them
MQTTZOO_ATOM(go_on, "goon");             // what is under way: its next page
MQTTZOO_ATOM(retain, "retain");          // a topic's retained message changed
MQTTZOO_ATOM(walk, "walk");              // the next page of retained messages
MQTTZOO_ATOM(page, "page");              // here it is
MQTTZOO_ATOM(give_back, "giveback");     // a group's message that its member cannot deliver
MQTTZOO_ATOM(join, "join");              // a session joins a group
MQTTZOO_ATOM(leave, "leave");            // it leaves
MQTTZOO_ATOM(claim, "claim");            // a connection wants the session of its client id
MQTTZOO_ATOM(granted, "granted");        // here it is
MQTTZOO_ATOM(attach, "attach");          // take this connection
MQTTZOO_ATOM(release, "release");        // a session is over
MQTTZOO_ATOM(released, "released");      // nobody will ask for it any more: quit
MQTTZOO_ATOM(settled, "settled");        // receipts for a publisher
MQTTZOO_ATOM(transit_fell, "transit");   // a publisher may read again
MQTTZOO_ATOM(deposit_mail, "deposit");   // store a message for a session
MQTTZOO_ATOM(decline, "decline");        // an addressee does not need it stored
MQTTZOO_ATOM(record, "record");          // change a stored message's state
MQTTZOO_ATOM(was_stored, "stored");      // deposit or record ended
MQTTZOO_ATOM(save, "save");              // store a session
MQTTZOO_ATOM(saved, "saved");            // stored, or not
MQTTZOO_ATOM(erase, "erase");            // remove a session and all it has from the store
MQTTZOO_ATOM(handed_over, "handedover"); // other members have what was given back
MQTTZOO_ATOM(restored, "restored");      // stored messages found at start
MQTTZOO_ATOM(tick, "tick");              // an actor's own clock
MQTTZOO_ATOM(shut_down, "shutdown");     // the pod stops
#undef MQTTZOO_ATOM

/// One client's session; see session.hpp.
using session_actor = caf::typed_actor<
    /// Messages of a topic or a group on another unit's behalf.
    caf::reacts_to<deliver_atom, parcel>,
    /// Receipts for what it published.
    caf::reacts_to<settled_atom, receipt>,
    /// The bytes it has in transit fell below the bound.
    caf::reacts_to<transit_fell_atom>,
    /// A client connected with its id.
    caf::reacts_to<attach_atom, std::shared_ptr<attachment>>,
    /// Every route knows the subscriptions it made, or has lost those it removed.
    caf::reacts_to<changed_atom, change_done>,
    /// A page of retained messages for a new subscription.
    caf::reacts_to<page_atom, retained_page>,
    /// The store has a message or a state, or refused it.
    caf::reacts_to<was_stored_atom, stored>,
    /// The store has the session's record up to that revision; or why not.
    caf::reacts_to<saved_atom, std::uint64_t, mqtt::reason_code>,
    /// The store forgot the packet id of a QoS 2 publish, or could not.
    caf::reacts_to<released_atom, mqtt::packet_id, mqtt::reason_code>,
    /// The store has nothing of the session any more.
    caf::reacts_to<erase_atom>,
    /// The messages it gave back to its groups are safe with other members, or why one is not.
    caf::reacts_to<handed_over_atom, mqtt::reason_code>,
    /// The home has let go of it: nothing refers to the session any more.
    caf::reacts_to<released_atom>,
    /// The pod stops: tell the client. An exit message ends the session, once no client is left.
    caf::reacts_to<shut_down_atom>>;

/// A shared subscription's group; see share_group.hpp.
using group_actor = caf::typed_actor<
    /// Messages of one topic, one member to be chosen for each.
    caf::reacts_to<publish_atom, batch_ref, ticket_list>, caf::reacts_to<join_atom, subscriber>,
    caf::reacts_to<leave_atom, card_ref>,
    /// Messages their member could not deliver: choose another one.
    caf::reacts_to<give_back_atom, card_ref, mqtt::delivery>>;

/// One live topic; see topic.hpp.
using topic_actor = caf::typed_actor<caf::reacts_to<publish_atom, batch_ref>,
                                     /// What a SUBSCRIBE or UNSUBSCRIBE changes in its route.
                                     caf::reacts_to<change_route_atom, route_change_ref>,
                                     /// The retained message, to a new subscriber that has not had
                                     /// it as a live message.
                                     caf::reacts_to<send_retained_atom, subscriber>,
                                     /// Whether messages came since the last probe.
                                     /// Answered to the index with a message, not a reply: CAF
                                     /// looks through all requests under way for each reply.
                                     caf::reacts_to<probe_idle_atom>, caf::reacts_to<retire_atom>>;

/// A unit's go-between: it knows the live topics its sessions use and takes what other units send
/// to its sessions.
using courier_actor =
    caf::typed_actor<caf::reacts_to<deliver_atom, fan_out>,
                     /// Of a topic on another unit: its retained message, on the way of its live
                     /// ones.
                     caf::reacts_to<deliver_atom, card_ref, parcel>,
                     /// The index's answer to activate.
                     caf::reacts_to<found_atom, mqtt::topic_ref, topic_actor>,
                     /// The topic will retire: forget it, answered with `forgotten` to the index.
                     caf::reacts_to<forget_atom, mqtt::topic_ref>,
                     /// Messages of the pod itself.
                     caf::reacts_to<publish_atom, mqtt::message_ref>>;

/// The pod's subscriptions, live topics and retained messages; see index.hpp.
using index_actor = caf::typed_actor<
    /// A courier needs a topic that it does not know; answered with `found`.
    caf::reacts_to<activate_atom, mqtt::topic_ref, unit_index>,
    /// A courier has forgotten a topic that will retire.
    caf::reacts_to<forgotten_atom, mqtt::topic_ref>,
    /// Whether a topic had messages since the last probe.
    caf::reacts_to<probe_idle_atom, mqtt::topic_ref, topic_use>,
    /// Subscriptions change; answered to the session with `changed`.
    caf::reacts_to<change_atom, std::shared_ptr<const subscription_change>>,
    /// A session is over: all its subscriptions go; answered to the session with `changed` for no
    /// packet id.
    caf::reacts_to<forget_atom, card_ref>,
    /// To itself: the next page of the changes that are under way.
    caf::reacts_to<go_on_atom>,
    /// The retained message of a topic, null when it was removed: from the topic, and at start from
    /// the store.
    caf::reacts_to<retain_atom, mqtt::topic_ref, mqtt::message_ref>,
    /// The next page of retained messages; answered to the session with `page`.
    caf::reacts_to<walk_atom, std::shared_ptr<const retained_cursor>>,
    /// To the group with that number.
    caf::reacts_to<give_back_atom, card_ref, mqtt::delivery>>;

/// A unit's doorman: connections until their CONNECT is accepted and their session found; see
/// doorman.hpp.
using doorman_actor = caf::typed_actor<
    /// The home's answer to claim.
    caf::reacts_to<granted_atom, std::shared_ptr<attachment>>,
    /// The pod stops: no connection is let in any more.
    caf::reacts_to<shut_down_atom>>;

/// Which session belongs to which client id; see home.hpp.
using home_actor = caf::typed_actor<
    /// A connection with an accepted CONNECT, from a unit's doorman.
    caf::reacts_to<claim_atom, std::shared_ptr<attachment>>,
    /// A session is over unless a later connection was granted it.
    caf::reacts_to<release_atom, card_ref, std::uint64_t>,
    /// The pod stops: every session is told.
    caf::reacts_to<shut_down_atom>>;

/// The only writer of sessions, mail and retained messages to the store; see post_office.hpp.
using post_office_actor =
    caf::typed_actor<caf::reacts_to<deposit_mail_atom, deposit>,
                     /// One addressee of a store-first message needs nothing stored.
                     caf::reacts_to<decline_atom, ref<publish_ticket>, mqtt::message_ref>,
                     caf::reacts_to<record_atom, card_ref, mqtt::stored_pointer>,
                     /// A session has no more use for a stored message.
                     caf::reacts_to<forget_atom, card_ref, mqtt::stored_number>,
                     /// PUBREL came for a QoS 2 packet id; answered with `released`.
                     caf::reacts_to<forget_atom, card_ref, mqtt::packet_id>,
                     caf::reacts_to<save_atom, std::shared_ptr<const session_state_record>>,
                     /// Answered with `erase` when the store has forgotten it.
                     caf::reacts_to<erase_atom, card_ref>,
                     /// A topic's retained message, null to remove it; the tickets are kept until
                     /// it is committed.
                     caf::reacts_to<retain_atom, mqtt::topic_ref, mqtt::message_ref, ticket_list>>;

} // namespace mqttzoo::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::batch_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::card_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::change_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::deposit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::fan_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::parcel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::retained_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::route_change_ref)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::ticket_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mqttzoo::actors::topic_use)
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
