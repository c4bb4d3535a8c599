// A ZooKeeper server of tools/cluster, and pods that share it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Pod, free_port } from "./pod.js";

const program = fileURLToPath(new URL("../../../tools/cluster", import.meta.url));

export class Cluster {
  static async start(work, broker, count) {
    const c = new Cluster();
    c.directory = mkdtempSync(path.join(tmpdir(), "web-cluster-"));
    c.pods = [];
    c.process = spawn(program, ["0", "--tick-ms", "2000", "--heap", "256m"], { stdio: ["pipe", "pipe", "inherit"] });
    c.ended = once(c.process, "exit");
    try {
      for await (const line of createInterface({ input: c.process.stdout })) {
        const server = line.match(/^server (\S+) pid (\d+)/);
        if (server) [c.address, c.server] = [server[1], Number(server[2])];
        if (line === "ready") break;
      }
      if (!c.address) throw new Error("tools/cluster started no server");
      const user = path.join(c.directory, "user");
      writeFileSync(user, "mqttzoo:of-the-test-0123456789\n", { mode: 0o600 });
      for (let i = 0; i < count; ++i)
        c.pods.push(
          await Pod.start(work, broker, [
            `--zk.servers=${c.address}`,
            "--zk.chroot=/web",
            `--zk.auth=${user}`,
            "--zk.session.timeout=24s", // the server is noted to be silent after 16 s, and must find the session when it goes on
            `--pod.name=zoo-${i}`,
            "--links.address=127.0.0.1",
            `--links.port=${await free_port()}`,
            "--sys.interval=0",
          ]),
        );
    } catch (e) {
      await c.stop();
      throw e;
    }
    return c;
  }

  /** The server answers nobody until `resume`. */
  pause() {
    process.kill(this.server, "SIGSTOP");
  }

  resume() {
    process.kill(this.server, "SIGCONT");
  }

  async stop() {
    if (this.server) this.resume();
    await Promise.allSettled(this.pods.map((p) => p.stop()));
    this.process.kill("SIGTERM");
    await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
