// SPDX-License-Identifier: Apache-2.0
//
// The gateways of a run: one, or several on one database, each on a port of its own below those
// that the system gives away (a client that calls a dead host must not take its port). A caller
// asks for any of those that are up.
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { start } from '../../e2e/lib/gardu.mjs';
import { Rest } from '../../e2e/lib/rest.mjs';

const kKey = Buffer.alloc(32, 7).toString('base64');

function freePort(next) {
  const port = 20000 + Math.floor(next() * 12000);
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.on('error', () => resolve(freePort(next)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}

export class Hosts {
  constructor(next) {
    this.next = next; // random numbers
    this.all = [];
    this.down = new Set();
    this.lines = []; // of the logs of runs that have ended
    this.over = false; // nobody need try again
  }

  // `config` of each; the further ones share the first's database.
  async start(t, count, config) {
    for (let i = 0; i < count; ++i) {
      const own = {
        ...config,
        secrets: { encryption_key: kKey }, // hosts of one database need the same
        http: { listen: `127.0.0.1:${await freePort(this.next)}` },
        cluster: { node_id: `host-${i}` },
      };
      const first = this.all[0];
      const more = first ? { storage: first.config.storage } : {};
      this.all.push(await start(t, { config: { ...own, ...more }, token: first?.token }));
    }
    this.token = this.all[0].token;
    return this;
  }

  // One that is up, if any is; else one that will be.
  pick() {
    const up = this.all.filter((h) => !this.down.has(h));
    const among = up.length > 0 ? up : this.all;
    return among[Math.floor(this.next() * among.length)];
  }
  url() {
    return this.pick().url;
  }
  rest() {
    return new Rest(this.url(), this.token);
  }

  // Kills it whatever it is doing. What its log said is kept.
  async kill(host) {
    this.down.add(host);
    await host.kill9();
    this.lines.push(...this.#linesOf(host));
  }
  async restart(host) {
    await host.restart();
    this.down.delete(host);
  }

  // The body of a GET, of whichever host answers.
  async get(path) {
    for (;;) {
      try {
        return await this.rest().get(path);
      } catch (error) {
        if (this.over || /: 4\d\d /.test(error.message)) throw error;
        await pause(50); // it is being restarted
      }
    }
  }

  log() {
    return [...this.lines, ...this.all.flatMap((h) => (this.down.has(h) ? [] : this.#linesOf(h)))];
  }
  #linesOf(host) {
    return host.lines.all.map((line) => `${host.config.cluster.node_id}: ${line}`);
  }
}
