// Clients of every kind that the views tell of: busy ones, many idle ones, one that is away, one that never
// acknowledges, and some whose names are meant to do harm.
import { once } from "node:events";
import { load } from "./modules.js";

export const hostile = {
  client: `<img src=x onerror=alert(1)>'"&amp;`,
  topic: `evil/<script>alert(2)</script>/\u202egnp.exe/{{7*7}}/javascript:alert(3)/a b%2F?&c`,
};
export const idle_count = 120;

const every_ms = 20;

export async function start_traffic(work, port) {
  const mqtt = load(work, "mqtt");
  const clients = [];
  const connect = async (clientId, options = {}) => {
    const c = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId, protocolVersion: 5, reconnectPeriod: 500, ...options });
    c.on("error", () => {}); // it tries again
    clients.push(c);
    await once(c, "connect");
    return c;
  };
  const persistent = { clean: false, properties: { sessionExpiryInterval: 3600 } };

  const away = await connect("away", persistent);
  await away.subscribeAsync("plant/+/alarm", { qos: 1 });
  await away.endAsync();

  const hung = await connect("hung", { ...persistent, properties: { sessionExpiryInterval: 3600, receiveMaximum: 5 } });
  hung.handleMessage = () => {}; // never calls back, so PUBACK is never sent
  await hung.subscribeAsync("plant/+/alarm", { qos: 1 });

  const dashboard = await connect("dashboard");
  await dashboard.subscribeAsync(["plant/#", "evil/#"], { qos: 1 });
  // More goes out than comes in: lines that coincide would hide each other in a chart.
  const display = await connect("display");
  await display.subscribeAsync("plant/+/temperature", { qos: 0 });
  const villain = await connect(hostile.client);
  const pump = await connect("pump-1");
  for (let i = 0; i < idle_count; ++i) await connect(`idle-${String(i).padStart(3, "0")}`, { keepalive: 600 });

  let n = 0;
  const timer = setInterval(() => {
    ++n;
    pump.publish(`plant/pump-${n % 4}/temperature`, `{"c": ${20 + (n % 10)}}`, { qos: 1 });
    if (n % 10 === 0) pump.publish("plant/pump-1/alarm", "hot", { qos: 1 });
    if (n % 5 === 0) villain.publish(hostile.topic, "<b>bold</b>", { qos: 1 });
  }, every_ms);
  await pump.publishAsync("plant/pump-1/name", "Pump one", { qos: 1, retain: true });

  return {
    async stop() {
      clearInterval(timer);
      for (const c of clients) c.end(true);
    },
  };
}
