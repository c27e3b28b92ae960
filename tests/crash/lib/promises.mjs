// SPDX-License-Identifier: Apache-2.0
//
// What the gateway has promised, as its callers know it: a webhook that was answered 200, a send
// that was answered 2xx. Whatever is killed afterwards, it must hold (checks.mjs).

export class Promises {
  constructor() {
    this.offered = new Map(); // provider id → webhook message that was posted, answered or not
    this.stored = new Set(); // provider ids of answered webhooks
    this.sends = new Map(); // message id → {key, kind, text, kills: before it was accepted}
    this.broken = []; // seen while the traffic ran
    this.kills = 0;
    this.posts = 0; // of webhooks, repetitions included
    this.attempts = 0; // of sends, likewise
  }

  offer(message) {
    this.offered.set(message.id, message);
  }

  answered(messages) {
    for (const m of messages) this.stored.add(m.id);
  }

  // `before`: the kills there were when it was first asked for.
  accepted(id, send, before) {
    const known = this.sends.get(id);
    if (known && known.key !== send.key) this.broken.push(`${id} is of ${known.key}, ${send.key}`);
    this.sends.set(id, { ...send, kills: before });
  }

  // The same key must be answered with the same message.
  repeated(id, again, send) {
    if (id !== again) this.broken.push(`${send.key} was answered with ${id}, then with ${again}`);
  }
}
