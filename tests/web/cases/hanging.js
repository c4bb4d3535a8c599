// Sessions that were made to hang, and a cluster: what the page says of them. A subscriber that never acknowledges is
// among the views' cases.
import { once } from "node:events";
import { eventually, require_that, sees } from "../harness/check.js";
import { Cluster } from "../harness/cluster.js";
import { load } from "../harness/modules.js";
import { Pod } from "../harness/pod.js";

const kept = { clean: false, properties: { sessionExpiryInterval: 3600 } };

async function connect(work, pod, clientId, options = {}) {
  const client = load(work, "mqtt").connect(`mqtt://127.0.0.1:${pod.port}`, { clientId, protocolVersion: 5, reconnectPeriod: 0, ...options });
  client.on("error", () => {});
  await once(client, "connect");
  return client;
}

/** A persistent session for `t`, without its client. */
async function leave_away(work, pod) {
  const away = await connect(work, pod, "away", kept);
  await away.subscribeAsync("t", { qos: 1 });
  await away.endAsync();
}

async function a_bank_without_credit_is_explained({ work, broker, browser }) {
  const pod = await Pod.start(work, broker, ["--bank.capacity=64KiB", "--bank.patience=1h", "--bank.ttl.min=1h", "--bank.ttl.max=1h"]);
  const { page, go, close, check_manners } = await browser.open(pod.url);
  try {
    await leave_away(work, pod);
    const poor = await connect(work, pod, "poor", { protocolVersion: 4 });
    for (let i = 0; i < 12; ++i) poor.publish("t", "x".repeat(8000), { qos: 1 }); // more than there is room for
    await go("clients/poor");
    await sees(page, /waited for room for .*bank\.capacity/);
    await sees(page, /credits left of/);
    await page.locator(".wait", { hasText: "credit" }).waitFor();
    await go("bank");
    await page.getByRole("link", { name: "poor", exact: true }).waitFor();
    await eventually("refusals are shown", async () => Number(await page.locator(".stat", { hasText: "Refused so far" }).locator(".stat-value").textContent()) > 0);
    check_manners();
    poor.end(true);
  } finally {
    await close();
    await pod.stop();
  }
}

async function a_cluster_is_shown_and_one_without_zookeeper_explained({ work, broker, browser }) {
  const cluster = await Cluster.start(work, broker, 2);
  const [pod, other] = cluster.pods;
  const { page, go, close, check_manners } = await browser.open(pod.url);
  try {
    await go("overview");
    await page.locator("tr", { hasText: "zoo-1" }).getByText("linked", { exact: true }).waitFor();
    await page.getByText(/^view \d+, settled$/).waitFor();
    require_that((await page.getByRole("link", { name: "zoo-1" }).getAttribute("href")) === `${other.url}/`, "the other pod's page is a link");
    await page.screenshot({ path: `${browser.screenshots}/cluster-desktop-light.png`, fullPage: true });

    await leave_away(work, pod);
    const publisher = await connect(work, pod, "promised");
    cluster.pause();
    publisher.publish("t", "x", { qos: 1 });
    await page.getByRole("heading", { name: "Not ready" }).waitFor();
    await page.locator(".health").getByText(/ZooKeeper cannot be reached/).waitFor();
    await go("clients/promised");
    await sees(page, /ZooKeeper cannot be reached since/);
    await sees(page, /1 publish of its client .*without a promise/);
    cluster.resume();
    await sees(page, /waits for nothing/);
    await go("overview");
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    publisher.end(true);
    check_manners();
  } finally {
    await close();
    await cluster.stop();
  }
}

export const cases = [a_bank_without_credit_is_explained, a_cluster_is_shown_and_one_without_zookeeper_explained];
