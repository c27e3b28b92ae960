// SPDX-License-Identifier: Apache-2.0
//
// When the emulator has taken each message, and when the gateway has taken its first status: so
// long a doubt must last at least.
import { setTimeout as pause } from 'node:timers/promises';

export class Told {
  first = new Map(); // reference → when its first status was answered 200

  constructor(graph) {
    this.graph = graph;
    const { delivered } = graph.statusSender;
    delivered.push = (status) => {
      const reference = status.biz_opaque_callback_data;
      if (!this.first.has(reference)) this.first.set(reference, Date.now());
      return Array.prototype.push.call(delivered, status);
    };
  }

  // Messages of which nothing was told yet.
  behind() {
    return this.graph.taken.length - this.first.size;
  }
  // Until nothing is left that was taken so long ago: a gateway that is killed before its providers
  // get through at all, again and again, is another matter.
  async caughtUp(ms) {
    const old = (r) => Date.now() - r.at > ms && !this.first.has(reference(r));
    while (this.graph.taken.some(old)) await pause(20);
  }
  longest() {
    const waits = this.graph.taken.map((r) => this.first.get(reference(r)) - r.at);
    return Math.max(0, ...waits.filter((ms) => ms >= 0));
  }
  // Of messages that were sent more than once: when, and when the first status came.
  twice() {
    const times = new Map();
    for (const r of this.graph.taken)
      times.set(reference(r), [...(times.get(reference(r)) ?? []), r.at]);
    const lines = [...times].filter(([, at]) => at.length > 1);
    return lines.slice(0, 20).map(
      ([id, at]) => `${id}: taken ${at.join(' ')}, told ${this.first.get(id)}`,
    );
  }
}

const reference = (request) => request.body.biz_opaque_callback_data;
