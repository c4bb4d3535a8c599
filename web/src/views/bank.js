// The bank: how many credits there are, who has them, and until when.
import { bytes, count, duration, percent, short, time_of } from "../format.js";
import { Card, Facts, Loading, Name, Stat, Trouble, Wait } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html } from "../ui.js";

const shown_above = ["total_credits", "available", "held_credits", "held_bytes", "held_messages", "client_count", "topic_count", "waiting_transactions", "waiting_bytes"];

/** Where all credits are; the rest is what other pods hold or have drawn. */
function Balance({ l, held }) {
  const rest = Math.max(0, l.total_credits - l.free_credits - l.leased_credits - held);
  const parts = [["free", "tone1", l.free_credits], ["leased by this pod", "tone2", l.leased_credits], ["held by this pod", "tone3", held], ["other pods", "tone5", rest]].filter(([, , n]) => n > 0);
  return html`<${Card} title="Where the credits are" aside=${`${count(l.total_credits)} in all`} wide>
    <svg class="balance" viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">
      ${parts.map(([name, tone, n], i) => html`<rect key=${name} class=${`fill-${tone}`} x=${(1000 * parts.slice(0, i).reduce((a, p) => a + p[2], 0)) / l.total_credits} width=${(1000 * n) / l.total_credits} height="28" />`)}
    </svg>
    <p class="legend wrap">${parts.map(([name, tone, n]) => html`<span key=${name} class="key"><i class=${`swatch tone-${tone}`}></i>${name} <b>${short(n)}</b> <span class="quiet">${percent(n, l.total_credits)}</span></span>`)}</p>
  <//>`;
}

const Accounts = ({ title, of, all, place }) => html`<${Card} title=${title} aside=${count(all)}>
  ${of.length
    ? html`<table class="rows">
        <thead><tr><th scope="col">Name</th><th scope="col" class="number">Credits</th><th scope="col" class="number">Held</th><th scope="col" class="number">Messages</th><th scope="col">Until</th></tr></thead>
        <tbody>${of.map(
          (a) => html`<tr key=${a.name}>
            <th scope="row"><a href=${link_to(place, a.name)} data-row><${Name} text=${a.name} /></a></th>
            <td data-label="Credits" class="number">${count(a.credits)}</td>
            <td data-label="Held" class="number">${bytes(a.bytes)}</td>
            <td data-label="Messages" class="number">${count(a.messages)}</td>
            <td data-label="Until">${time_of(a.until_unix_ms)} <span class="quiet">in ${duration(Math.max(0, a.until_unix_ms - Date.now()))}</span></td>
          </tr>`,
        )}</tbody>
      </table>`
    : html`<p class="quiet">Nothing is held.</p>`}
  ${of.length < all && html`<p class="quiet">The ${count(of.length)} with the most credits.</p>`}
<//>`;

export function Bank() {
  const state = usePoll("/api/v1/bank", 1000);
  const d = state.data;
  const m = d?.more;
  return html`
    <h1>Bank</h1>
    <${Loading} of=${state} /><${Trouble} of=${state} />
    ${d &&
    html`
      <p class="lead">Whatever this broker holds for later is paid for: one credit is one KiB held for one second.${d.waits.on !== "nothing" && html` The bank itself waits for <${Wait} waits=${d.waits} />.`}</p>
      <${Balance} l=${d.ledger} held=${m.held_credits} />
      <div class="stats">
        <${Stat} name="Available here" value=${short(m.available)} note="credits drawn and not lent" tone=${m.available <= 0 ? "warn" : ""} />
        <${Stat} name="Held" value=${count(m.held_messages)} note=${`messages, ${bytes(m.held_bytes)}`} />
        <${Stat} name="Refused so far" value=${count(d.ledger.refusals)} note=${`${count(d.ledger.refusals_of_client_share)} for one client's share`} tone=${d.ledger.refusals > 0 ? "bad" : ""} />
        <${Stat} name="Transactions waiting" value=${count(m.waiting_transactions)} note=${bytes(m.waiting_bytes)} tone=${m.waiting_transactions > 1000 ? "warn" : ""} />
      </div>
      <div class="columns">
        <${Accounts} title="Clients that published it" of=${m.clients} all=${m.client_count} place="clients" />
        <${Accounts} title="Topics" of=${m.topics} all=${m.topic_count} place="topics" />
        <${Card} title="Ledger"><${Facts} of=${d.ledger} /><//>
        <${Card} title="Books"><${Facts} of=${m} without=${shown_above} /><//>
      </div>
    `}
  `;
}
