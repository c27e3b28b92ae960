// SPDX-License-Identifier: Apache-2.0
//
// Readers of the journal that go on across every crash: one holds a stream open and takes it up
// again after the last event that it saw, one asks page by page. What they saw, in the order in
// which they saw it, is compared with the whole journal at the end.
import { setTimeout as pause } from 'node:timers/promises';

const brief = ({ seq, id }) => ({ seq, id });

export class StreamFollower {
  seen = [];
  #ended = false;

  constructor(hosts) {
    this.hosts = hosts;
    this.work = this.#run();
    this.work.catch(() => {}); // told by who awaits it
  }
  last() {
    return this.seen.length === 0 ? 0 : this.seen[this.seen.length - 1].seq;
  }
  async end() {
    this.#ended = true;
    this.rest?.close();
    await this.work;
  }

  async #run() {
    while (!this.#ended && !this.hosts.over) {
      this.rest = this.hosts.rest();
      const events = this.rest.follow(this.last());
      events.push = (e) => e.seq > 0 && this.seen.push(brief(e)); // no queue: there are many
      await events.ended;
      this.rest.close();
      if (!this.#ended) await pause(20);
    }
  }
}

// `facts` gets every event whole; and it is what tells how far the journal is.
export class PageFollower {
  seen = [];
  #ended = false;

  constructor(hosts, facts) {
    this.hosts = hosts;
    this.facts = facts;
    this.work = this.#run();
    this.work.catch(() => {}); // told by who awaits it
  }
  last() {
    return this.seen.length === 0 ? 0 : this.seen[this.seen.length - 1].seq;
  }
  async end() {
    this.#ended = true;
    await this.work;
  }

  async #run() {
    while (!this.#ended && !this.hosts.over) {
      const page = await this.hosts.get(`/events?after_seq=${this.last()}&limit=200`);
      for (const event of page.data) {
        this.seen.push(brief(event));
        this.facts.take(event);
      }
      if (page.data.length === 0) await pause(50);
    }
  }
}
