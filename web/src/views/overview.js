// The pod at a glance: is it well, what goes through it, what does the bank say, who are the others.
import { Chart } from "../chart.js";
import { bytes, count, duration, percent, rate, short } from "../format.js";
import { Card, Loading, Name, Stat, Tag, Trouble, Wait, place_of } from "../parts.js";
import { usePoll } from "../poll.js";
import { append, newer } from "../history.js";
import { html, useMemo } from "../ui.js";
import { Pods } from "./pods.js";

const ready_path = "/readyz";
const ready_options = { accept: [503] };
const history_options = { reduce: append, more: newer };

function Health({ of }) {
  if (!of.data) return html`<${Trouble} of=${of} />`;
  const { ready, why_not = [], stuck = [], stuck_count = 0 } = of.data;
  return html`
    <section class="health ${ready ? (stuck_count ? "warn" : "good") : "bad"}">
      <div role="status"><h2>${ready ? (stuck_count ? "Ready, and somebody waits" : "All is well") : "Not ready"}</h2></div>
      ${why_not.map((why) => html`<p key=${why}>${why}</p>`)}
      ${stuck_count > 0 &&
      html`<p>${count(stuck_count)} ${stuck_count === 1 ? "actor has" : "actors have"} waited for long:</p>
        <ul class="stuck">
          ${stuck.slice(0, 8).map(
            (a) => html`<li key=${a.id}>
              <a href=${place_of(a)} data-row>${a.kind} <${Name} text=${a.subject || `#${a.id}`} /></a>${" "}
              ${a.has_mail ? html`does not read its mail for ${duration(a.stuck_for_ms)}` : html`waits for <${Wait} waits=${a.waits} />`}
            </li>`,
          )}
          ${stuck_count > 8 && html`<li><a href="#/actors/waiting">and ${count(stuck_count - 8)} more</a></li>`}
        </ul>`}
    </section>
  `;
}

const sum = (values) => values.reduce((a, b) => a + (b ?? 0), 0);
const latest = (values) => (values?.length ? values[values.length - 1] : null);
const per_second = (values) => values.length > 0 && `${bytes(latest(values))}/s`;
/** The newest that was measured: there is no latency where nothing was acknowledged. */
const last_known = (values) => values?.findLast((v) => v !== null) ?? null;

function Figures({ pod, bank, series: s, interval_ms }) {
  const held = latest(s.bank_held_credits);
  const refused = (sum(s.publishes_refused_per_s) * interval_ms) / 1000;
  const delayed = (sum(s.publishes_delayed_per_s) * interval_ms) / 1000;
  const dropped = (sum(s.publishes_dropped_per_s) * interval_ms) / 1000;
  return html`<div class="stats">
    <${Stat} name="Clients" value=${count(pod?.clients_connected)} note=${pod && `${count(pod.sessions)} sessions`} />
    <${Stat} name="Messages in" value=${rate(latest(s.publishes_received_per_s))} note=${per_second(s.publish_received_bytes_per_s)} />
    <${Stat} name="Messages out" value=${rate(latest(s.publishes_sent_per_s))} note=${per_second(s.publish_sent_bytes_per_s)} />
    <${Stat} name="Acknowledged in" value=${duration(last_known(s.acknowledge_p50_ms))} note=${`99 %: ${duration(last_known(s.acknowledge_p99_ms))}`} />
    <${Stat} name="Bank, free" value=${percent(bank?.free_credits, bank?.total_credits)} note=${bank && `${short(held)} of ${short(bank.total_credits)} held here`} tone=${bank && bank.free_credits < bank.total_credits / 10 ? "warn" : ""} />
    <${Stat} name="Refused, last hour" value=${count(Math.round(refused))} note=${`${count(Math.round(delayed))} delayed, ${count(Math.round(dropped))} dropped`} tone=${refused >= 1 ? "bad" : dropped + delayed >= 1 ? "warn" : ""} />
  </div>`;
}

function Charts({ times, series: s }) {
  const line = (name, tone, values, fill) => ({ name, tone, values, fill });
  return html`<div class="charts">
    <${Chart} label="Messages" times=${times} format=${rate}
      lines=${[line("in", "tone1", s.publishes_received_per_s, true), line("out", "tone2", s.publishes_sent_per_s)]} />
    <${Chart} label="Latency, 99 %" times=${times} format=${duration}
      lines=${[line("acknowledged", "tone1", s.acknowledge_p99_ms), line("stored", "tone3", s.store_p99_ms)]} />
    <${Chart} label="Bank, credits" times=${times} format=${short}
      lines=${[line("free", "tone1", s.bank_free_credits, true), line("leased", "tone2", s.bank_leased_credits), line("held", "tone3", s.bank_held_credits)]} />
    <${Chart} label="Refused, delayed, dropped" times=${times} format=${rate}
      lines=${[line("refused", "tone4", s.publishes_refused_per_s, true), line("delayed", "tone2", s.publishes_delayed_per_s), line("dropped", "tone3", s.publishes_dropped_per_s)]} />
  </div>`;
}

export function Overview() {
  const ready = usePoll(ready_path, 2000, ready_options);
  const pod = usePoll("/api/v1/pod", 2000);
  const bank = usePoll("/api/v1/bank", 5000);
  const history = usePoll("/api/v1/history", 5000, history_options);
  const times = useMemo(() => history.data?.unix_ms.map((t) => t / 1000), [history.data]);
  const d = history.data;
  return html`
    <h1 class="sr">Overview</h1>
    <${Health} of=${ready} />
    <${Loading} of=${history} /><${Trouble} of=${history} />
    ${d && html`<${Figures} pod=${pod.data} bank=${bank.data?.ledger} ...${d} />`}
    ${d && (times.length > 1 ? html`<${Charts} times=${times} series=${d.series} />` : html`<p class="quiet">The charts begin with the second sample, in some seconds.</p>`)}
    <${Pods} />
    ${pod.data &&
    html`<${Card} title="This pod">
      <p class="line"><${Tag}>${pod.data.version}<//> up ${duration(pod.data.uptime_ms)} · ${pod.data.units} units · ${count(pod.data.actors)} actors · ${bytes(latest(d?.series.resident_bytes))} of memory · ${percent(latest(d?.series.cpu_cores), 1)} of a core · ${pod.data.store.kind === "zookeeper" ? "ZooKeeper" : "embedded store"} <${Tag} tone=${pod.data.store.state === "connected" ? "good" : "bad"}>${pod.data.store.state}<//> for ${duration(pod.data.store.since_ms)}</p>
    <//>`}
  `;
}
