// mqtt.js against a broker: node client.js PORT VERSION, with 4 for MQTT 3.1.1 and 5 for 5.0.
// Prints `ok CASE` or `FAIL CASE: why` for each case; status 1 when one failed.
"use strict";

const mqtt = require("mqtt");

const [port, version] = process.argv.slice(2).map(Number);
const v5 = version === 5;
const WAIT_MS = 15000;
const QUIET_MS = 300;
let serial = 0;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const unique = (name) => `mqttjs/${process.pid}/${version}/${++serial}/${name}`;

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${WAIT_MS} ms`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

// A client with its messages as a queue.
class Client {
  constructor(options = {}) {
    this.messages = [];
    this.waiting = [];
    this.mqtt = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      protocolVersion: version,
      reconnectPeriod: 0,
      connectTimeout: WAIT_MS,
      ...options,
    });
    this.mqtt.on("message", (topic, payload, packet) => {
      const message = { topic, payload: payload.toString(), packet };
      const waiter = this.waiting.shift();
      if (waiter) waiter(message);
      else this.messages.push(message);
    });
    this.connack = new Promise((resolve, reject) => {
      this.mqtt.once("connect", resolve);
      this.mqtt.once("error", reject);
      this.mqtt.once("close", () => reject(new Error("closed")));
    });
    this.connack.catch(() => {});
  }

  static async open(options) {
    const client = new Client(options);
    client.connack = await within(client.connack, "CONNACK");
    return client;
  }

  subscribe(filter, options) {
    return within(new Promise((resolve, reject) =>
      this.mqtt.subscribe(filter, options, (error, granted) => (error ? reject(error) : resolve(granted)))), "SUBACK");
  }

  unsubscribe(filter) {
    return within(new Promise((resolve, reject) =>
      this.mqtt.unsubscribe(filter, (error) => (error ? reject(error) : resolve()))), "UNSUBACK");
  }

  publish(topic, payload, options) {
    return within(new Promise((resolve, reject) =>
      this.mqtt.publish(topic, payload, options, (error) => (error ? reject(error) : resolve()))), "acknowledgement");
  }

  async expect(topic, payload, qos, retain = false) {
    const message = this.messages.shift() ||
      (await within(new Promise((resolve) => this.waiting.push(resolve)), `${topic} ${payload.slice(0, 50)}`));
    check(message.topic === topic && message.payload === payload && message.packet.qos === qos &&
      message.packet.retain === retain, `got ${message.topic} ${message.payload.slice(0, 50)} QoS ${message.packet.qos}`);
    return message.packet;
  }

  async expectNothing() {
    await pause(QUIET_MS);
    check(this.messages.length === 0, `got ${JSON.stringify(this.messages[0])}`);
  }

  leave() {
    return within(new Promise((resolve) => this.mqtt.end(false, {}, resolve)), "the end");
  }

  die() {
    this.mqtt.stream.destroy();
    return within(new Promise((resolve) => this.mqtt.end(true, {}, resolve)), "the end");
  }
}

const cases = {
  async publishing() {
    const [sub, pub, topic] = [await Client.open(), await Client.open(), unique("qos")];
    const granted = await sub.subscribe(topic, { qos: 2 });
    check(granted[0].qos === 2, `granted ${JSON.stringify(granted)}`);
    for (const qos of [0, 1, 2]) {
      for (let n = 0; n < 50; n++) await pub.publish(topic, `${n}`, { qos });
      for (let n = 0; n < 50; n++) await sub.expect(topic, `${n}`, qos);
    }
    await pub.publish(topic, "L".repeat(300000), { qos: 1 });
    await sub.expect(topic, "L".repeat(300000), 1);
    await sub.unsubscribe(topic);
    await pub.publish(topic, "x", { qos: 1 });
    await sub.expectNothing();
    await Promise.all([sub.leave(), pub.leave()]);
  },

  async burst() {
    const [sub, pub, topic] = [await Client.open(), await Client.open(), unique("burst")];
    await sub.subscribe(`${topic}/#`, { qos: 2 });
    const all = [];
    for (let n = 0; n < 300; n++) all.push(pub.publish(`${topic}/x`, `${n}`, { qos: 2 }));
    await Promise.all(all);
    for (let n = 0; n < 300; n++) await sub.expect(`${topic}/x`, `${n}`, 2);
    await Promise.all([sub.leave(), pub.leave()]);
  },

  async retained() {
    const [pub, sub, late, topic] = [await Client.open(), await Client.open(), await Client.open(), unique("retained")];
    await pub.publish(topic, "kept", { qos: 1, retain: true });
    await sub.subscribe(topic, { qos: 1 });
    await sub.expect(topic, "kept", 1, true);
    await pub.publish(topic, "", { qos: 1, retain: true });
    await sub.expect(topic, "", 1);
    await late.subscribe(topic, { qos: 1 });
    await late.expectNothing();
    await Promise.all([pub.leave(), sub.leave(), late.leave()]);
  },

  async wills() {
    const [sub, topic] = [await Client.open(), unique("will")];
    await sub.subscribe(topic, { qos: 1 });
    const dying = await Client.open({ will: { topic, payload: Buffer.from("gone"), qos: 1, retain: false } });
    await dying.die();
    await sub.expect(topic, "gone", 1);
    const leaving = await Client.open({ will: { topic, payload: Buffer.from("never"), qos: 1, retain: false } });
    await leaving.leave();
    await sub.expectNothing();
    await sub.leave();
  },

  async sessions() {
    const [topic, clientId] = [unique("session"), unique("id")];
    const options = { clientId, clean: false, ...(v5 ? { properties: { sessionExpiryInterval: 600 } } : {}) };
    let sub = await Client.open(options);
    check(!sub.connack.sessionPresent, "a session before there was one");
    await sub.subscribe(topic, { qos: 1 });
    await sub.leave();
    const pub = await Client.open();
    for (let n = 0; n < 10; n++) await pub.publish(topic, `${n}`, { qos: 1 });
    sub = await Client.open(options);
    check(sub.connack.sessionPresent, "no session");
    for (let n = 0; n < 10; n++) await sub.expect(topic, `${n}`, 1);
    await Promise.all([sub.leave(), pub.leave()]);
  },
};

if (v5) {
  cases.properties = async () => {
    const [sub, pub, topic] = [await Client.open(), await Client.open(), unique("properties")];
    await sub.subscribe(topic, { qos: 1, nl: true, rap: true, properties: { subscriptionIdentifier: 7 } });
    const properties = {
      payloadFormatIndicator: true, contentType: "text/x", responseTopic: "re/ply",
      correlationData: Buffer.from([0, 255]), userProperties: { a: "1", b: ["2", "3"] }, messageExpiryInterval: 60,
    };
    const began = Date.now();
    await pub.publish(topic, "x", { qos: 1, properties });
    const got = (await sub.expect(topic, "x", 1)).properties;
    const least = 60 - (Date.now() - began) / 1000 - 1;
    check(got.contentType === "text/x" && got.responseTopic === "re/ply" && got.payloadFormatIndicator === true &&
      got.correlationData.equals(properties.correlationData) && [].concat(got.subscriptionIdentifier)[0] === 7 &&
      got.messageExpiryInterval >= least && JSON.stringify(got.userProperties.b) === '["2","3"]', JSON.stringify(got));
    await Promise.all([sub.leave(), pub.leave()]);
  };

  cases.shared = async () => {
    const [a, b, pub, topic] = [await Client.open(), await Client.open(), await Client.open(), unique("shared")];
    for (const sub of [a, b]) await sub.subscribe(`$share/g/${topic}`, { qos: 1 });
    for (let n = 0; n < 40; n++) await pub.publish(topic, `${n}`, { qos: 1 });
    const deadline = Date.now() + WAIT_MS;
    while (a.messages.length + b.messages.length < 40 && Date.now() < deadline) await pause(20);
    await pause(QUIET_MS); // no more than that
    const got = [...a.messages, ...b.messages].map((m) => Number(m.payload)).sort((x, y) => x - y);
    check(got.length === 40 && got.every((n, i) => n === i), `got ${got}`);
    check(a.messages.length >= 5 && b.messages.length >= 5, `load ${a.messages.length} to ${b.messages.length}`);
    await Promise.all([a.leave(), b.leave(), pub.leave()]);
  };

  cases.aliases = async () => {
    const [sub, pub, topic] = [await Client.open({ properties: { topicAliasMaximum: 10 } }),
      await Client.open({ autoAssignTopicAlias: true }), unique("aliases")];
    await sub.subscribe(`${topic}/+`, { qos: 1 });
    for (let turn = 0; turn < 4; turn++) {
      for (let n = 0; n < 5; n++) {
        await pub.publish(`${topic}/${n}`, `${turn}`, { qos: 1 });
        await sub.expect(`${topic}/${n}`, `${turn}`, 1);
      }
    }
    await Promise.all([sub.leave(), pub.leave()]);
  };
}

(async () => {
  let failed = 0;
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAIL ${name}: ${error.message}`);
    }
  }
  process.exit(failed ? 1 : 0);
})();
