// Every typed actor interface of a pod, with a sentence each: read this to know who can be told
// what.
//
// Commands are imperative, events past tense. What is answered is answered with a message of its
// own, named in the comment: CAF's requests cost more.
#pragma once

#include "actors/loan.hpp"
#include "actors/messages.hpp"
#include "actors/trace_step.hpp"
#include "actors/trace_terms.hpp"
#include "net/connection.hpp"
#include "net/pod_link.hpp"
#include "zk/store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class session_card;
struct bank_commit;
struct attachment;
struct login_request;
struct far_attachment;
struct found_retained;
struct recovered_mail;

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
MQTTZOO_ATOM(commit, "commit");          // carry out a transaction and pay for it
MQTTZOO_ATOM(committed, "committed");    // or not
MQTTZOO_ATOM(retain_ended, "retended");  // what was to be retained is stored, or will not be
MQTTZOO_ATOM(lend, "lend");              // credit for what waits in memory
MQTTZOO_ATOM(repay, "repay");            // it is not needed any more
MQTTZOO_ATOM(judge, "judge");            // may this client come in, or stay?
MQTTZOO_ATOM(judged, "judged");          // it may, or not
MQTTZOO_ATOM(answered, "answered");      // by a service outside
MQTTZOO_ATOM(shut_down, "shutdown");     // the pod stops
// Between the actors of several pods.
MQTTZOO_ATOM(want, "want");             // this pod wants a filter's messages
MQTTZOO_ATOM(unwant, "unwant");         // it does not any more
MQTTZOO_ATOM(confirm, "confirm");       // answer when all pods can know of it
MQTTZOO_ATOM(watch, "watch");           // say which pods want a topic, from now on
MQTTZOO_ATOM(unwatch, "unwatch");       // no more
MQTTZOO_ATOM(reroute, "reroute");       // other pods want a topic
MQTTZOO_ATOM(rerouted, "rerouted");     // they get its messages
MQTTZOO_ATOM(install, "install");       // there is a new view
MQTTZOO_ATOM(installed, "installed");   // nothing is done by an older view any more
MQTTZOO_ATOM(adopt, "adopt");           // take over sessions of pods that departed
MQTTZOO_ATOM(adopted, "adopted");       // they are
MQTTZOO_ATOM(settle, "settle");         // every pod has adopted its share
MQTTZOO_ATOM(hand_over, "handover");    // pass on what a departed pod did not confirm
MQTTZOO_ATOM(linked, "linked");         // a link to another pod is open
MQTTZOO_ATOM(depart, "depart");         // a pod has departed
MQTTZOO_ATOM(tell, "tell");             // send a frame
MQTTZOO_ATOM(heard, "heard");           // a frame came
MQTTZOO_ATOM(misbehaved, "misbehaved"); // what came is not what a pod of ours sends
MQTTZOO_ATOM(word, "word");             // what another pod wants stored of a message
MQTTZOO_ATOM(outcome, "outcome");       // whether it was
MQTTZOO_ATOM(expect, "expect");         // so many more words will come
MQTTZOO_ATOM(returned, "returned");     // no member of the group is here
MQTTZOO_ATOM(held, "held");             // another pod has the session
MQTTZOO_ATOM(roster, "roster");         // which clients have a session here
MQTTZOO_ATOM(yield, "yield");           // another pod will have the session: end it
MQTTZOO_ATOM(follow, "follow");         // these traces run
MQTTZOO_ATOM(noted, "noted");           // steps of messages that they follow
// Sessions that leave.
MQTTZOO_ATOM(drain, "drain");         // the pod is to stop
MQTTZOO_ATOM(rebalance, "rebalance"); // other pods are to have their share of sessions
MQTTZOO_ATOM(dismiss, "dismiss");     // send clients elsewhere
MQTTZOO_ATOM(dismissed, "dismissed"); // they are told
MQTTZOO_ATOM(seal, "seal");           // take nothing more
MQTTZOO_ATOM(rested, "rested");       // nothing is under way
MQTTZOO_ATOM(go_back, "goback");      // it stays after all
MQTTZOO_ATOM(give, "give");           // other pods may take these sessions
MQTTZOO_ATOM(given, "given");         // they may
MQTTZOO_ATOM(drained, "drained");     // that pod has confirmed all it was sent
MQTTZOO_ATOM(yielded, "yielded");     // sessions that move are nobody's
MQTTZOO_ATOM(moved, "moved");         // they are other pods'
#undef MQTTZOO_ATOM

/// One client's session; see session.hpp.
using session_actor = caf::typed_actor<
    /// The policy was read anew: may its client stay, and do what?
    caf::reacts_to<judge_atom>,
    /// Messages of a topic or a group on another unit's behalf.
    caf::reacts_to<deliver_atom, parcel>,
    /// Receipts for what it published.
    caf::reacts_to<settled_atom, receipt>,
    /// Something is in its pigeonhole.
    caf::reacts_to<settled_atom>,
    /// The bytes it has in transit fell below the bound.
    caf::reacts_to<transit_fell_atom>,
    /// A client connected with its id.
    caf::reacts_to<attach_atom, std::shared_ptr<attachment>>,
    /// Its client connects at another pod and begins anew there: it ends, unless a later
    /// connection was granted it.
    caf::reacts_to<yield_atom, mqtt::connection_epoch>,
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
    /// The time of a stored message is over: nobody has it any more.
    caf::reacts_to<forgotten_atom, mqtt::stored_number>,
    /// The store has nothing of the session any more.
    caf::reacts_to<erase_atom>,
    /// The messages it gave back to its groups are safe with other members, or why one is not.
    caf::reacts_to<handed_over_atom, mqtt::reason_code>,
    /// The home has let go of it: nothing refers to the session any more.
    caf::reacts_to<released_atom>,
    /// Its client is to connect elsewhere, and it may have to follow; answered to the usher.
    caf::reacts_to<dismiss_atom, dismissal>,
    /// It does not have to: it goes on here.
    caf::reacts_to<go_back_atom>,
    /// Another pod has it: it leaves the routes, and ends.
    caf::reacts_to<moved_atom>,
    /// The pod stops: tell the client. An exit message ends the session, once no client is left.
    caf::reacts_to<shut_down_atom>>;

/// A shared subscription's group; see share_group.hpp.
using group_actor = caf::typed_actor<
    /// Messages of one topic, one member to be chosen for each.
    caf::reacts_to<publish_atom, batch_ref, ticket_list>, caf::reacts_to<join_atom, subscriber>,
    caf::reacts_to<leave_atom, card_ref>,
    /// Messages their member could not deliver: choose another one.
    caf::reacts_to<give_back_atom, card_ref, mqtt::delivery>,
    /// Another pod has members too, or has none any more.
    caf::reacts_to<join_atom, member_ref>, caf::reacts_to<leave_atom, member_ref>,
    /// Of another pod: for a member here; to its peer with `returned` if there is none.
    caf::reacts_to<deliver_atom, group_mail>,
    /// That pod could not deliver it: choose somebody else.
    caf::reacts_to<returned_atom, group_mail>>;

/// One live topic; see topic.hpp.
using topic_actor =
    caf::typed_actor<caf::reacts_to<publish_atom, batch_ref>,
                     /// What a SUBSCRIBE or UNSUBSCRIBE changes in its route.
                     caf::reacts_to<change_route_atom, route_change_ref>,
                     /// The retained message, to a new subscriber that has not had
                     /// it as a live message.
                     caf::reacts_to<send_retained_atom, subscriber>,
                     /// Whether messages came since the last probe.
                     /// Answered to the index with a message, not a reply: CAF
                     /// looks through all requests under way for each reply.
                     caf::reacts_to<probe_idle_atom>, caf::reacts_to<retire_atom>,
                     /// Which other pods get its messages; answered to the directory with
                     /// `rerouted`. The first one opens the topic: until then it keeps what
                     /// comes.
                     caf::reacts_to<reroute_atom, std::shared_ptr<const far_route>>,
                     /// Another pod retained a message, null: removed the one there was.
                     caf::reacts_to<retain_atom, mqtt::message_ref>,
                     /// The message that it was to retain is stored, or will not be.
                     caf::reacts_to<retain_ended_atom, mqtt::message_ref, retain_outcome>>;

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
                     caf::reacts_to<publish_atom, mqtt::message_ref>,
                     /// The bank's answer to its unit.
                     caf::reacts_to<lend_atom, loan>,
                     /// From the tracer to the unit: which traces run.
                     caf::reacts_to<follow_atom, running_traces>,
                     /// To a session, behind all that was on its way to it.
                     caf::reacts_to<seal_atom, card_ref>>;

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
    caf::reacts_to<give_back_atom, card_ref, mqtt::delivery>,
    /// Another pod has members of the group with that filter in full, or has none any more.
    caf::reacts_to<join_atom, std::string, member_ref>,
    caf::reacts_to<leave_atom, std::string, member_ref>,
    /// To the group that is named in it.
    caf::reacts_to<deliver_atom, group_mail>, caf::reacts_to<returned_atom, group_mail>,
    /// From the directory: answered with `confirm` when live topics were told of all far members of
    /// groups before it.
    caf::reacts_to<confirm_atom>,
    /// As `retain` for a live topic, or kept here for one that is not: from another pod.
    caf::reacts_to<heard_atom, mqtt::topic_ref, mqtt::message_ref>,
    /// From the post office, to the topic of a message that was to be retained.
    caf::reacts_to<retain_ended_atom, mqtt::message_ref, retain_outcome>>;

/// A unit's doorman: connections until their CONNECT is accepted and their session found; see
/// doorman.hpp.
using doorman_actor = caf::typed_actor<
    /// The gatekeeper's answer to judge.
    caf::reacts_to<judged_atom, std::shared_ptr<login_request>>,
    /// The home's answer to claim.
    caf::reacts_to<granted_atom, std::shared_ptr<attachment>>,
    /// The policy was read anew: every session of the unit hears of it.
    caf::reacts_to<judge_atom>,
    /// To itself: the next of them.
    caf::reacts_to<go_on_atom>,
    /// The pod stops: no connection is let in any more.
    caf::reacts_to<shut_down_atom>>;

/// Who is who: passwords and tokens; see gatekeeper.hpp.
using gatekeeper_actor = caf::typed_actor<
    /// From a doorman; answered with `judged`.
    caf::reacts_to<judge_atom, std::shared_ptr<login_request>>,
    /// From a worker.
    caf::reacts_to<judged_atom, std::shared_ptr<login_request>>,
    /// From the hook.
    caf::reacts_to<answered_atom, std::shared_ptr<login_request>>,
    /// The policy was read anew: what the hook said is forgotten.
    caf::reacts_to<judge_atom>>;

/// Which session belongs to which client id; see home.hpp.
using home_actor = caf::typed_actor<
    /// A connection with an accepted CONNECT, from a unit's doorman.
    caf::reacts_to<claim_atom, std::shared_ptr<attachment>>,
    /// A session is over unless a later connection was granted it.
    caf::reacts_to<release_atom, card_ref, mqtt::connection_epoch>,
    /// Sessions of pods that departed are this pod's from now on.
    caf::reacts_to<adopt_atom, std::shared_ptr<const std::vector<card_ref>>>,
    /// From the adopter, behind the last of them: to the registrar, behind all of them.
    caf::reacts_to<adopted_atom, std::int64_t>,
    /// The registrar's answers to the claim with that number: the session may begin here, or that
    /// pod has it.
    caf::reacts_to<granted_atom, client_id, std::uint64_t>,
    caf::reacts_to<held_atom, client_id, std::uint64_t, member_ref>,
    /// From the registrar: which clients have a session here? Answered with `roster`.
    caf::reacts_to<roster_atom, view_ref>,
    /// From the usher: which sessions are here? Answered with `found`.
    caf::reacts_to<found_atom>,
    /// No new client is let in any more.
    caf::reacts_to<drain_atom, std::shared_ptr<const drain_orders>>,
    /// These are to leave; answered with `dismissed`: those that will move.
    caf::reacts_to<dismiss_atom, std::shared_ptr<const dismissal_round>>,
    /// Of those, these stay after all; those of that batch that did not are other pods'.
    caf::reacts_to<go_back_atom, std::shared_ptr<const std::vector<card_ref>>>,
    caf::reacts_to<moved_atom, std::uint64_t>,
    /// From the first unit's porter: a client whose session is here connected to another pod.
    caf::reacts_to<attach_atom, std::shared_ptr<far_attachment>>,
    /// The pod stops: every session is told.
    caf::reacts_to<shut_down_atom>>;

/// Whoever has the bank commit something: hears what became of it.
using commit_listener =
    caf::typed_actor<caf::reacts_to<committed_atom, std::shared_ptr<bank_commit>>>;

/// Pays for what is stored, and writes it; see bank.hpp.
using bank_actor = caf::typed_actor<
    /// From the post office: answered with `committed`, in the order of the commits but for those
    /// that are refused.
    caf::reacts_to<commit_atom, std::shared_ptr<bank_commit>>,
    /// From a unit's allowance: answered with `lend` to the unit's courier.
    caf::reacts_to<lend_atom, loan_request>,
    /// A unit does not need so much any more.
    caf::reacts_to<repay_atom, loan>,
    /// It carries out what it has, gives its lease back and ends.
    caf::reacts_to<shut_down_atom>>;

/// Returns what nobody else can; see reaper.hpp.
using reaper_actor = caf::typed_actor<
    /// From the membership: what departed pods had is with its members.
    caf::reacts_to<settle_atom, view_ref>, caf::reacts_to<shut_down_atom>>;

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
                     caf::reacts_to<retain_atom, mqtt::topic_ref, mqtt::message_ref, ticket_list>,
                     /// What another pod wants stored of a store-first message of this one;
                     /// answered to its peer with `outcome`.
                     caf::reacts_to<word_atom, ref<publish_ticket>, mqtt::message_ref, far_word>,
                     /// So many more (or fewer) addressees will speak than its ticket says.
                     caf::reacts_to<expect_atom, ref<publish_ticket>, mqtt::message_ref, int>,
                     /// What became of the word this pod gave to the other one.
                     caf::reacts_to<outcome_atom, member_ref, std::uint64_t, mqtt::reason_code>,
                     /// Who is gone has stored what it will ever store; answered with `installed`.
                     caf::reacts_to<install_atom, view_ref>,
                     /// What stands in the store of sessions that were adopted.
                     caf::reacts_to<adopt_atom, std::shared_ptr<recovered_mail>>,
                     /// Retained messages of pods that departed: this one renews them.
                     caf::reacts_to<adopt_atom, std::shared_ptr<const std::vector<found_retained>>>,
                     /// Retained messages of another pod.
                     caf::reacts_to<heard_atom, member_ref, pod_frame>,
                     /// From the usher: other pods may take these sessions, of which nothing is
                     /// under way; answered with `given`.
                     caf::reacts_to<give_atom, std::shared_ptr<const std::vector<card_ref>>>,
                     /// The bank's answer to what it was to commit.
                     caf::reacts_to<committed_atom, std::shared_ptr<bank_commit>>>;

/// Another pod, from the view that brought it until it has departed and all it had is passed on;
/// see peer.hpp. What it is told reaches the other pod in order and exactly once, unless that
/// departs.
using peer_actor = caf::typed_actor<
    /// Messages of a topic that it wants.
    caf::reacts_to<publish_atom, batch_ref, ticket_list>,
    /// A message of a group, for a member there.
    caf::reacts_to<deliver_atom, group_mail>,
    /// No member of the group is here: to the pod that sent it.
    caf::reacts_to<returned_atom, std::uint64_t>,
    /// What became here of messages it sent.
    caf::reacts_to<settled_atom, far_receipt>,
    /// The same: it is in that pod's pigeonhole.
    caf::reacts_to<settled_atom>,
    /// What is to be stored with a message that it sent store-first.
    caf::reacts_to<word_atom, std::uint64_t, std::shared_ptr<const std::vector<zk::op>>>,
    /// What became of its word.
    caf::reacts_to<outcome_atom, std::uint64_t, mqtt::reason_code>,
    caf::reacts_to<tell_atom, pod_frame>,
    /// Its link is open, a new one after the last.
    caf::reacts_to<linked_atom, net::pod_link_ptr>,
    /// A frame that it sent makes no sense: the link is not to be trusted.
    caf::reacts_to<misbehaved_atom, std::string>,
    /// No topic here sends any more to pods that are not in this view.
    caf::reacts_to<install_atom, view_ref>,
    /// Nothing that needs a promise goes there in this view; answered to the membership with
    /// `drained` when it has confirmed all of that.
    caf::reacts_to<yield_atom, view_ref>,
    /// It has departed: what it has not confirmed is kept.
    caf::reacts_to<depart_atom>,
    /// All members of this view can take what it has not confirmed; answered to the membership with
    /// `handed_over` whenever nothing is left.
    caf::reacts_to<hand_over_atom, view_ref>, caf::reacts_to<shut_down_atom>>;

/// Which pods there are, and how far they have come with every change of that; see membership.hpp.
using membership_actor = caf::typed_actor<
    /// The directory, the registrar and the post office have installed the view.
    caf::reacts_to<installed_atom, std::int64_t>,
    /// This pod's share of orphaned sessions is adopted, and every pod can know what they
    /// subscribe to.
    caf::reacts_to<adopted_atom, std::int64_t>,
    /// From the peer of a pod whose sessions move: it has confirmed all it was sent.
    caf::reacts_to<drained_atom, std::int64_t>,
    /// From the usher: this pod's sessions that move in that view are nobody's.
    caf::reacts_to<yielded_atom, std::int64_t>,
    /// A departed pod's peer has passed on what it had, in order.
    caf::reacts_to<handed_over_atom, pod_life>,
    /// A link opened, whosever it is.
    caf::reacts_to<linked_atom, net::pod_link_ptr>,
    caf::reacts_to<heard_atom, member_ref, pod_frame>,
    /// To all other members.
    caf::reacts_to<tell_atom, pod_frame>, caf::reacts_to<shut_down_atom>>;

/// Which pods want which topics; see directory.hpp.
using directory_actor = caf::typed_actor<
    /// From the index: the first subscription with that filter, in full, was made; the last is
    /// gone.
    caf::reacts_to<want_atom, std::string>, caf::reacts_to<unwant_atom, std::string>,
    /// From the index: the change is entered, and is to be answered when all that was wanted before
    /// stands in the store.
    caf::reacts_to<confirm_atom, std::shared_ptr<const subscription_change>, change_done>,
    /// From the index: live topics know the groups' members that it was told.
    caf::reacts_to<confirm_atom>,
    /// From the index: a topic came to life, or its life ended.
    caf::reacts_to<watch_atom, mqtt::topic_ref, topic_actor>,
    caf::reacts_to<unwatch_atom, mqtt::topic_ref>,
    /// From a topic: its messages take the way it was told last.
    caf::reacts_to<rerouted_atom, mqtt::topic_ref>,
    /// From the membership; answered with `installed` when every topic that a departed pod wanted
    /// keeps what needs a promise.
    caf::reacts_to<install_atom, view_ref>,
    /// All orphans of the view are adopted: what departed pods wanted is void.
    caf::reacts_to<settle_atom, view_ref>, caf::reacts_to<shut_down_atom>>;

/// Who has the sessions of the clients whose home this pod is; see registrar.hpp.
using registrar_actor = caf::typed_actor<
    /// From the home: a client without a session here connects; answered with `granted` or `held`
    /// and the claim's number, unless it is forgotten before.
    caf::reacts_to<claim_atom, client_id, std::uint64_t>, caf::reacts_to<forget_atom, client_id>,
    /// From the home: it has a session that was adopted; a session is over, or what was granted is
    /// not needed.
    caf::reacts_to<adopt_atom, client_id>, caf::reacts_to<released_atom, client_id>,
    /// From the home, behind all that was adopted: to the membership. So nobody is told that a view
    /// is settled before its registrars know of every session.
    caf::reacts_to<adopted_atom, std::int64_t>,
    /// From the home: its sessions, as it was asked for the view with that number.
    caf::reacts_to<roster_atom, std::int64_t, std::shared_ptr<const std::vector<client_id>>>,
    /// From the membership; answered with `installed` when the homes of the new view were told of
    /// all sessions here.
    caf::reacts_to<install_atom, view_ref>,
    /// From now on clients whom nobody has may be granted.
    caf::reacts_to<settle_atom, view_ref>, caf::reacts_to<heard_atom, member_ref, pod_frame>,
    caf::reacts_to<shut_down_atom>>;

/// A unit's porter: carries the bytes of clients that are connected to one pod and have their
/// session at another; see porter.hpp.
using porter_actor = caf::typed_actor<
    /// From the home: that pod has the session; what was asked of it goes by that number.
    caf::reacts_to<attach_atom, std::shared_ptr<attachment>, member_ref, std::uint64_t>,
    /// From the home: for a session of this unit.
    caf::reacts_to<attach_atom, std::shared_ptr<far_attachment>>,
    /// To itself, with the end of a turn: what was written and what waits.
    caf::reacts_to<go_on_atom>,
    /// From the peers to the first unit's porter, and from there to the unit that is named in it.
    caf::reacts_to<heard_atom, member_ref, pod_frame>,
    /// From the membership: all that was carried from and to that pod ends.
    caf::reacts_to<depart_atom, member_ref>,
    /// The pod stops: all that is carried ends.
    caf::reacts_to<shut_down_atom>>;

/// Takes over the sessions of pods that departed; see adopter.hpp.
using adopter_actor = caf::typed_actor<
    /// From the membership: every pod knows the view; answered with `adopted`.
    caf::reacts_to<adopt_atom, view_ref>,
    /// Every pod can know what an adopted session subscribes to.
    caf::reacts_to<changed_atom, card_ref>,
    /// Sessions of another pod that this one is to have.
    caf::reacts_to<heard_atom, member_ref, pod_frame>, caf::reacts_to<shut_down_atom>>;

/// Sends this pod's clients elsewhere and hands its sessions over; see usher.hpp.
using usher_actor = caf::typed_actor<
    /// The pod is to stop.
    caf::reacts_to<drain_atom>,
    /// From an operator: sessions go to their homes, so many a second.
    caf::reacts_to<rebalance_atom, std::uint32_t>,
    /// From the home: the sessions here; and of those that are to leave those that will move.
    caf::reacts_to<found_atom, std::shared_ptr<const std::vector<card_ref>>>,
    caf::reacts_to<dismissed_atom, std::shared_ptr<const std::vector<card_ref>>>,
    /// From a session that moves.
    caf::reacts_to<rested_atom, card_ref, rest>,
    /// From the membership: every pod knows a view in which sessions of this one move; and none of
    /// them has anything under way to this pod any more. Both answered with `yielded`, once.
    caf::reacts_to<install_atom, view_ref>, caf::reacts_to<yield_atom, view_ref>,
    /// From the post office: other pods may take these.
    caf::reacts_to<given_atom, std::shared_ptr<const std::vector<card_ref>>>,
    /// From the membership: the view is settled.
    caf::reacts_to<settle_atom, view_ref>, caf::reacts_to<shut_down_atom>>;

/// Keeps what traces have noted, here and at other pods; see tracer.hpp.
using tracer_actor = caf::typed_actor<
    /// From a unit's recorder.
    caf::reacts_to<noted_atom, std::shared_ptr<const std::vector<trace_step>>>,
    /// From the membership: all members of the view are asked to take part in what runs.
    caf::reacts_to<install_atom, view_ref>,
    /// Of another pod's tracer.
    caf::reacts_to<heard_atom, member_ref, pod_frame>, caf::reacts_to<shut_down_atom>>;

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
