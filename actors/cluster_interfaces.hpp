// The typed interfaces of the actors that deal with other pods; see interfaces.hpp. Only a pod of a
// cluster has them, but for the usher.
#pragma once

#include "actors/interfaces.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::actors {

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
    /// The bytes that came from there and are in transit here fell.
    caf::reacts_to<transit_fell_atom>,
    /// A frame that is all there is to say.
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
    caf::reacts_to<hand_over_atom, view_ref>,
    /// The pod stops: nothing goes there any more, and what needs a promise is refused.
    caf::reacts_to<shut_down_atom>,
    /// Nobody sends to it any more: it ends.
    caf::reacts_to<retire_atom>>;

/// Which pods there are, and how far they have come with every change of that; see membership.hpp.
using membership_actor = caf::typed_actor<
    /// The directory, the registrar and the post office have installed the view.
    caf::reacts_to<installed_atom, std::int64_t>,
    /// This pod's share of orphaned sessions is adopted, and every pod can know what they
    /// subscribe to.
    caf::reacts_to<adopted_atom, std::int64_t>,
    /// From the directory: topics go on with what other pods want as of that view.
    caf::reacts_to<settled_atom, std::int64_t>,
    /// From the peer of a pod whose sessions move: it has confirmed all it was sent.
    caf::reacts_to<drained_atom, std::int64_t>,
    /// From the usher: this pod's sessions that move in that view are nobody's.
    caf::reacts_to<yielded_atom, std::int64_t>,
    /// A departed pod's peer has passed on what it had, in order.
    caf::reacts_to<handed_over_atom, pod_life>,
    /// A link opened, whosever it is.
    caf::reacts_to<linked_atom, net::pod_link_ptr>,
    /// How far another pod has come with a view, or what one of its actors says to one of these.
    caf::reacts_to<heard_atom, member_ref, pod_frame>,
    /// To all other members.
    caf::reacts_to<tell_atom, pod_frame>,
    /// The pod stops: its peers are told so, and it ends.
    caf::reacts_to<shut_down_atom>>;

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
    /// All orphans of the view are adopted: what departed pods wanted is void. Answered to the
    /// membership with `settled` when what others want was read anew, unless another view comes
    /// before.
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

} // namespace mqttzoo::actors
