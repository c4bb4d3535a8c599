// Runs the cases, one after the other: each has a page of its own.
import path from "node:path";
import { Browser } from "./harness/browser.js";
import { cases as looks } from "./cases/looks.js";
import { cases as hanging } from "./cases/hanging.js";
import { cases as names } from "./cases/names.js";
import { cases as keyboard } from "./cases/keyboard.js";
import { cases as manners } from "./cases/manners.js";
import { cases as traces } from "./cases/traces.js";
import { cases as views } from "./cases/views.js";
import { Pod } from "./harness/pod.js";
import { start_traffic } from "./harness/traffic.js";

const case_seconds_max = 90;

const [work, broker, ...parts] = process.argv.slice(2);
const chosen = [...views, ...traces, ...hanging, ...names, ...keyboard, ...manners, ...looks].filter((c) => !parts.length || parts.some((p) => c.name.includes(p)));

function within(seconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

let passed = 0;
let failed = 0;
const pod = await Pod.start(work, broker, ["--inspect.stuck.after=1s", "--mqtt.inflight.max=20"]);
let traffic;
let browser;
try {
  traffic = await start_traffic(work, pod.port);
  browser = await Browser.start(work, path.join(work, "screenshots"));
  for (const c of chosen) {
    const began = Date.now();
    const here = await browser.open(pod.url);
    try {
      await within(case_seconds_max, c({ ...here, pod, work, broker, traffic, browser }));
      here.check_manners();
      passed += 1;
      console.log(`ok   ${c.name} ${((Date.now() - began) / 1000).toFixed(1)} s`);
    } catch (e) {
      failed += 1;
      console.log(`FAIL ${c.name}\n     ${e.stack}`);
      await here.page.screenshot({ path: path.join(work, "screenshots", `failed-${c.name}.png`) }).catch(() => {});
    } finally {
      await here.close();
    }
  }
} finally {
  await browser?.stop();
  await traffic?.stop();
  const status = await pod.stop();
  if (status !== 0) {
    failed += 1;
    console.log(`FAIL the pod ended with ${status}\n${pod.log()}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);
