// What messages between actors are called: an atom each, with what it says.
//
// Constants. A text has ten characters at most: CAF makes a number of them.
#pragma once

#include <caf/atom.hpp>

namespace mqttzoo::actors {

#define MQTTZOO_ATOM(name, text) using name##_atom = caf::atom_constant<caf::atom(text)>
MQTTZOO_ATOM(publish, "publish");        // messages for a topic
MQTTZOO_ATOM(change_route, "chgroute");  // who gets a topic's messages changed
MQTTZOO_ATOM(send_retained, "sendret");  // give a new subscriber the topic's retained message
MQTTZOO_ATOM(probe_idle, "probeidle");   // were you used since the last time you were asked?
MQTTZOO_ATOM(probed, "probed");          // you were, or not
MQTTZOO_ATOM(retire, "retire");          // nobody knows you any more: quit
MQTTZOO_ATOM(activate, "activate");      // make a topic live
MQTTZOO_ATOM(found, "found");            // here is what you asked for
MQTTZOO_ATOM(forget, "forget");          // drop what you know of something
MQTTZOO_ATOM(forgotten, "forgotten");    // dropped; of a stored message: its time is over
MQTTZOO_ATOM(deliver, "deliver");        // messages for sessions
MQTTZOO_ATOM(change, "change");          // subscriptions made and removed
MQTTZOO_ATOM(changed, "changed");        // every route has them
MQTTZOO_ATOM(go_on, "goon");             // what is under way: its next page
MQTTZOO_ATOM(retain, "retain");          // a topic's retained message changed
MQTTZOO_ATOM(walk, "walk");              // the next page of retained messages
MQTTZOO_ATOM(walked, "walked");          // here it is
MQTTZOO_ATOM(give_back, "giveback");     // a group's message that its member cannot deliver
MQTTZOO_ATOM(join, "join");              // a session joins a group
MQTTZOO_ATOM(leave, "leave");            // it leaves
MQTTZOO_ATOM(claim, "claim");            // a connection wants the session of its client id
MQTTZOO_ATOM(granted, "granted");        // here it is
MQTTZOO_ATOM(attach, "attach");          // take this connection
MQTTZOO_ATOM(release, "release");        // a session is over
MQTTZOO_ATOM(released, "released");      // gone: that packet id, that client's session; or: quit
MQTTZOO_ATOM(settled, "settled");        // receipts for a publisher; or: topics go on in a view
MQTTZOO_ATOM(transit_fell, "transit");   // a publisher or a peer may read again
MQTTZOO_ATOM(deposit_mail, "deposit");   // store a message for a session
MQTTZOO_ATOM(decline, "decline");        // an addressee does not need it stored
MQTTZOO_ATOM(record, "record");          // change a stored message's state
MQTTZOO_ATOM(was_stored, "stored");      // deposit or record ended
MQTTZOO_ATOM(save, "save");              // store a session
MQTTZOO_ATOM(saved, "saved");            // stored, or not
MQTTZOO_ATOM(erase, "erase");            // remove a session and all it has from the store
MQTTZOO_ATOM(erased, "erased");          // it has nothing there any more
MQTTZOO_ATOM(handed_over, "handedover"); // other members have what was given back
MQTTZOO_ATOM(commit, "commit");          // carry out a transaction and pay for it
MQTTZOO_ATOM(committed, "committed");    // or not
MQTTZOO_ATOM(retain_ended, "retended");  // what was to be retained is stored, or will not be
MQTTZOO_ATOM(lend, "lend");              // credit for what waits in memory
MQTTZOO_ATOM(lent, "lent");              // here it is
MQTTZOO_ATOM(repay, "repay");            // it is not needed any more
MQTTZOO_ATOM(judge, "judge");            // may this client come in, or stay?
MQTTZOO_ATOM(judged, "judged");          // it may, or not
MQTTZOO_ATOM(answered, "answered");      // by a service outside
MQTTZOO_ATOM(reloaded, "reloaded");      // there are other settings
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
MQTTZOO_ATOM(yield, "yield");           // another pod will have this session, or a view's: let go
MQTTZOO_ATOM(follow, "follow");         // these traces run
MQTTZOO_ATOM(noted, "noted");           // steps of messages that they follow
// Sessions that leave.
MQTTZOO_ATOM(drain, "drain");         // the pod is to stop
MQTTZOO_ATOM(rebalance, "rebalance"); // other pods are to have their share of sessions
MQTTZOO_ATOM(list, "list");           // which sessions are here?
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

} // namespace mqttzoo::actors
