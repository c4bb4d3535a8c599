// A pod on free ports of loopback: alone, with a store of its own, or with a ZooKeeper server and others.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const start_seconds_max = 20;

// As tools/clustering/ports.py draws them: below the range that the kernel takes for outgoing connections.
const port_least = 20000;
const ports = 12000;
const given = new Set();

export async function free_port() {
  while (given.size < ports) {
    const port = port_least + Math.floor(Math.random() * ports);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch {
      continue; // somebody has it
    }
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no free port on loopback");
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

export class Pod {
  /** @param {string[]} options of mqttzood */
  static async start(work, broker, options = []) {
    const pod = new Pod();
    pod.directory = mkdtempSync(path.join(tmpdir(), "web-"));
    pod.broker = broker;
    [pod.port, pod.admin_port] = [await free_port(), await free_port()];
    pod.options = options.some((o) => o.startsWith("--zk.servers=")) ? options : [`--store.path=${pod.directory}/store`, ...options];
    await pod.launch();
    return pod;
  }

  get url() {
    return `http://127.0.0.1:${this.admin_port}`;
  }

  async launch() {
    const out = openSync(path.join(this.directory, "log"), "a");
    this.process = spawn(
      this.broker,
      [`--net.port=${this.port}`, "--net.address=127.0.0.1", `--admin.port=${this.admin_port}`, ...this.options],
      { stdio: ["ignore", out, out] },
    );
    closeSync(out);
    this.ended = once(this.process, "exit");
    const deadline = Date.now() + start_seconds_max * 1000;
    while (!(await answers(this.port)) || !(await answers(this.admin_port))) {
      if (this.process.exitCode !== null || Date.now() > deadline) throw new Error(`the pod does not start:\n${this.log()}`);
      await pause(20);
    }
  }

  /** SIGTERM; its status. */
  async stop() {
    const status = await this.halt();
    rmSync(this.directory, { recursive: true, force: true });
    return status;
  }

  /** The same, and its store stays. */
  async halt() {
    this.process.kill("SIGTERM");
    const [status, signal] = await this.ended;
    return status ?? signal;
  }

  log() {
    return readFileSync(path.join(this.directory, "log"), "utf8").split("\n").slice(-20).join("\n");
  }
}
