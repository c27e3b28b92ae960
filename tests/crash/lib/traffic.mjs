// SPDX-License-Identifier: Apache-2.0
//
// The traffic: webhooks as Meta posts them (batches, out of order, again until 200 and sometimes
// after it), and sends through REST with idempotency keys, again until 2xx. Each worker goes on as
// fast as it is answered, as long as there is an allowance.
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { change, deliver, envelope, text } from '../../emulators/graph/webhook.mjs';
import { kAppSecret } from '../../e2e/lib/meta.mjs';

const kWebhookWorkers = 4;
const kSendWorkers = 5;
const kPeople = 400; // a conversation that is in doubt holds up none of the others
const kBatch = 8;

// Waits in line for a share of what is allowed.
class Allowance {
  #left = 0;
  #closed = false;
  #waiting = [];

  add(count) {
    this.#left += count;
    while (this.#left > 0 && this.#waiting.length > 0) this.#waiting.shift()();
  }
  close() {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }
  // False: the traffic is over.
  async take(count) {
    while (!this.#closed && this.#left <= 0)
      await new Promise((resolve) => this.#waiting.push(resolve));
    this.#left -= count;
    return !this.#closed;
  }
}

export class Traffic {
  #webhooks = new Allowance();
  #sends = new Allowance();
  #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  #count = 0;

  // `accounts`: [{id, kind: 'meta' | 'loopback', number}]; `next`: random numbers.
  constructor(hosts, accounts, promises, next) {
    this.hosts = hosts;
    this.accounts = accounts;
    this.promises = promises;
    this.next = next;
    this.workers = [
      ...Array.from({ length: kWebhookWorkers }, () => this.#postWebhooks()),
      ...Array.from({ length: kSendWorkers }, () => this.#sendMessages()),
    ];
  }

  // So many more inbound messages and sends.
  allow(messages, sends) {
    this.#webhooks.add(messages);
    this.#sends.add(sends);
  }

  // What is under way is answered first.
  async end() {
    this.#webhooks.close();
    this.#sends.close();
    await Promise.all(this.workers);
    this.#agent.destroy();
  }

  #below(n) {
    return Math.floor(this.next() * n);
  }
  #person() {
    return `62812${String(this.#below(kPeople)).padStart(8, '0')}`;
  }
  #one(list) {
    return list[this.#below(list.length)];
  }

  async #postWebhooks() {
    const meta = this.accounts.filter((a) => a.kind === 'meta');
    for (;;) {
      const size = 1 + this.#below(kBatch);
      if (!(await this.#webhooks.take(size))) return;
      const batch = Array.from({ length: size }, () => {
        const { number } = this.#one(meta);
        const m = text(`in ${++this.#count}`, { from: this.#person() });
        this.promises.offer({ id: m.id, number, element: m });
        return this.promises.offered.get(m.id);
      });
      // Some of it was there before, in another webhook.
      if (this.next() < 0.2) batch.push(this.#one([...this.promises.offered.values()].slice(-200)));
      for (let i = batch.length - 1; i > 0; --i) {
        const j = this.#below(i + 1);
        [batch[i], batch[j]] = [batch[j], batch[i]];
      }
      const copies = this.next() < 0.1 ? 2 : 1; // at the same time
      await Promise.all(Array.from({ length: copies }, () => this.#until200(batch)));
      if (this.next() < 0.1) await this.#until200(batch);
    }
  }

  async #until200(batch) {
    const entries = batch.map((m) => [change({ phoneNumberId: m.number, messages: [m.element] })]);
    const payload = envelope(entries);
    while (!this.hosts.over) {
      ++this.promises.posts;
      try {
        const url = `${this.hosts.url()}/webhooks/meta_cloud`;
        const answer = await deliver(url, payload, kAppSecret, { agent: this.#agent });
        if (answer.status === 200) return this.promises.answered(batch);
        if (answer.status < 500) this.promises.broken.push(`a webhook got ${answer.status}`);
      } catch {
        // Cut off, or nobody there: Meta cannot know more, and comes again.
      }
      await pause(10 + this.#below(60));
    }
  }

  async #sendMessages() {
    for (;;) {
      if (!(await this.#sends.take(1))) return;
      const account = this.next() < 0.7 ? this.#one(this.accounts) : this.accounts.at(-1);
      const n = ++this.#count;
      const send = { key: `crash-${n}`, kind: account.kind, text: `out ${n}` };
      const body = { account_id: account.id, to: this.#person(), type: 'text', text: send.text };
      const before = this.promises.kills;
      const id = await this.#until2xx(send, body);
      this.promises.accepted(id, send, before);
      if (this.next() < 0.1) this.promises.repeated(id, await this.#until2xx(send, body), send);
    }
  }

  async #until2xx(send, body) {
    while (!this.hosts.over) {
      ++this.promises.attempts;
      try {
        const headers = { 'Idempotency-Key': send.key };
        const answer = await this.hosts.rest().call('POST', '/messages', body, headers);
        if (answer.status >= 200 && answer.status < 300) return answer.body.id;
        if (answer.status < 500)
          this.promises.broken.push(`a send got ${answer.status} ${answer.text}`);
      } catch {
        // Accepted or not: the key tells when it is repeated.
      }
      await pause(10 + this.#below(60));
    }
  }
}
