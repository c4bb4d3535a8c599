// The typed interfaces of a pod's actors, with a sentence each: read this to know who can be told
// what. Those that only a pod of a cluster has are in cluster_interfaces.hpp.
//
// Commands are imperative, events past tense. What is answered is answered with a message of its
// own, named in the comment, as CAF's requests cost more; but for `shut_down` of sessions and
// doormen, which is requested.
#pragma once

#include "actors/atoms.hpp"
#include "actors/message_types.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::actors {

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
    caf::reacts_to<walked_atom, retained_page>,
    /// The store has a message or a state, or refused it.
    caf::reacts_to<was_stored_atom, stored>,
    /// The store has the session's record up to that revision; or why not.
    caf::reacts_to<saved_atom, std::uint64_t, mqtt::reason_code>,
    /// The store forgot the packet id of a QoS 2 publish, or could not.
    caf::reacts_to<released_atom, mqtt::packet_id, mqtt::reason_code>,
    /// The time of a stored message is over: nobody has it any more.
    caf::reacts_to<forgotten_atom, mqtt::stored_number>,
    /// The store has nothing of the session any more.
    caf::reacts_to<erased_atom>,
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
    caf::reacts_to<publish_atom, batch_ref, ticket_list>,
    /// A session here has the group's filter, or has it no more.
    caf::reacts_to<join_atom, subscriber>, caf::reacts_to<leave_atom, card_ref>,
    /// Messages their member could not deliver: choose another one.
    caf::reacts_to<give_back_atom, card_ref, mqtt::delivery>,
    /// Another pod has members too, or has none any more.
    caf::reacts_to<join_atom, member_ref>, caf::reacts_to<leave_atom, member_ref>,
    /// Of another pod: for a member here; to its peer with `returned` if there is none.
    caf::reacts_to<deliver_atom, group_mail>,
    /// That pod could not deliver it: choose somebody else.
    caf::reacts_to<returned_atom, group_mail>>;

/// One live topic; see topic.hpp.
using topic_actor = caf::typed_actor<
    /// Messages of one publisher, in its order.
    caf::reacts_to<publish_atom, batch_ref>,
    /// What a SUBSCRIBE or UNSUBSCRIBE changes in its route.
    caf::reacts_to<change_route_atom, route_change_ref>,
    /// The retained message, to a new subscriber that has not had it as a live message.
    caf::reacts_to<send_retained_atom, subscriber>,
    /// Whether messages came since the last probe. Answered to the index with `probed`, not a
    /// reply: CAF looks through all requests under way for each reply.
    caf::reacts_to<probe_idle_atom>,
    /// Every courier has forgotten it: it ends.
    caf::reacts_to<retire_atom>,
    /// Which other pods get its messages; answered to the directory with `rerouted`. The first one
    /// opens the topic: until then it keeps what comes.
    caf::reacts_to<reroute_atom, std::shared_ptr<const far_route>>,
    /// Another pod retained a message, null: removed the one there was.
    caf::reacts_to<retain_atom, mqtt::message_ref>,
    /// The message that it was to retain is stored, or will not be.
    caf::reacts_to<retain_ended_atom, mqtt::message_ref, retain_outcome>>;

/// A unit's go-between: it knows the live topics its sessions use and takes what other units send
/// to its sessions.
using courier_actor = caf::typed_actor<
    /// Messages of a topic on another unit, for sessions of this one.
    caf::reacts_to<deliver_atom, fan_out>,
    /// Of a topic on another unit: its retained message, on the way of its live ones.
    caf::reacts_to<deliver_atom, card_ref, parcel>,
    /// The index's answer to activate.
    caf::reacts_to<found_atom, mqtt::topic_ref, topic_actor>,
    /// The topic will retire: forget it, answered with `forgotten` to the index.
    caf::reacts_to<forget_atom, mqtt::topic_ref>,
    /// Messages of the pod itself.
    caf::reacts_to<publish_atom, mqtt::message_ref>,
    /// The bank's answer to its unit.
    caf::reacts_to<lent_atom, loan>,
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
    /// From a topic: whether it had messages since the last probe.
    caf::reacts_to<probed_atom, mqtt::topic_ref, topic_use>,
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
    /// The next page of retained messages; answered to the session with `walked`.
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
    caf::reacts_to<list_atom>,
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
using commit_listener = caf::typed_actor<
    /// Carried out and paid for, or why not.
    caf::reacts_to<committed_atom, std::shared_ptr<bank_commit>>>;

/// Pays for what is stored, and writes it; see bank.hpp.
using bank_actor = caf::typed_actor<
    /// From the post office: answered with `committed`, in the order of the commits but for those
    /// that are refused.
    caf::reacts_to<commit_atom, std::shared_ptr<bank_commit>>,
    /// From a unit's allowance: answered with `lent` to the unit's courier.
    caf::reacts_to<lend_atom, loan_request>,
    /// A unit does not need so much any more.
    caf::reacts_to<repay_atom, loan>,
    /// It carries out what it has, gives its lease back and ends.
    caf::reacts_to<shut_down_atom>>;

/// Returns what nobody else can; see reaper.hpp.
using reaper_actor = caf::typed_actor<
    /// From the membership: what departed pods had is with its members.
    caf::reacts_to<settle_atom, view_ref>,
    /// The pod stops: it leads no more, and ends.
    caf::reacts_to<shut_down_atom>>;

/// The only writer of sessions, mail and retained messages to the store; see post_office.hpp.
using post_office_actor = caf::typed_actor<
    /// Store a message for a session; answered with `was_stored`.
    caf::reacts_to<deposit_mail_atom, deposit>,
    /// One addressee of a store-first message needs nothing stored.
    caf::reacts_to<decline_atom, ref<publish_ticket>, mqtt::message_ref>,
    /// How far a stored message is with its client; answered with `was_stored`.
    caf::reacts_to<record_atom, card_ref, mqtt::stored_pointer>,
    /// A session has no more use for a stored message.
    caf::reacts_to<forget_atom, card_ref, mqtt::stored_number>,
    /// PUBREL came for a QoS 2 packet id; answered with `released`.
    caf::reacts_to<forget_atom, card_ref, mqtt::packet_id>,
    /// Store a session as it is now; answered with `saved`.
    caf::reacts_to<save_atom, std::shared_ptr<const session_state_record>>,
    /// Answered with `erased` when the store has forgotten it.
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

/// Keeps what traces have noted, here and at other pods; see tracer.hpp.
using tracer_actor = caf::typed_actor<
    /// From a unit's recorder.
    caf::reacts_to<noted_atom, std::shared_ptr<const std::vector<trace_step>>>,
    /// From the membership: all members of the view are asked to take part in what runs.
    caf::reacts_to<install_atom, view_ref>,
    /// Of another pod's tracer.
    caf::reacts_to<heard_atom, member_ref, pod_frame>,
    /// The pod stops: it ends.
    caf::reacts_to<shut_down_atom>>;

/// The pod's own topics under $SYS/broker; see sys_topics.hpp.
using sys_actor = caf::typed_actor<
    /// The figures of another pod.
    caf::reacts_to<heard_atom, member_ref, pod_frame>,
    /// A pod has departed: its figures count no more.
    caf::reacts_to<depart_atom, pod_life>,
    /// The interval may be another one.
    caf::reacts_to<reloaded_atom>,
    /// The pod stops: it ends.
    caf::reacts_to<shut_down_atom>>;

} // namespace mqttzoo::actors
