// SPDX-License-Identifier: Apache-2.0
//
// Sends a message's statuses to the webhook, as Meta does: signed, at least once, in no order that
// one may count on.
import http from 'node:http';
import https from 'node:https';
import { change, deliver, envelope, seconds, status } from './webhook.mjs';
import { statusError } from './rules.mjs';

/** A small generator of numbers in [0, 1), the same ones for the same seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(list, next) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

export class StatusSender {
  #waiting = new Set();
  #timers = new Map();
  #agents = [];
  #stopped = false;

  /** `options` is read anew for each message: {webhook, appSecret, statuses, order, retryMs}. */
  constructor(options, seed = 1) {
    this.options = options;
    this.next = random(seed);
    this.delivered = [];
    this.#agents = [new http.Agent({ keepAlive: true, maxSockets: 16 }),
      new https.Agent({ keepAlive: true, maxSockets: 16 })];
  }

  /**
   * Begins the statuses of a message that was taken. `failure`: a code to fail with. `only`: the
   * words that a message of its kind gets.
   */
  begin({ phoneNumberId, id, recipient, reference, failure, only }) {
    const { webhook, statuses, order } = this.options;
    if (!webhook || order === 'none' || this.#stopped) return;
    let words = only ? statuses.filter((word) => only.includes(word)) : statuses;
    if (failure !== undefined) words = ['failed'];
    if (order === 'shuffled') words = shuffled(words, this.next);
    if (order === 'repeated') words = words.flatMap((word) => [word, word]);
    const at = seconds();
    const elements = words.map((word) => status(word, {
      id,
      recipient,
      reference,
      timestamp: at,
      ...(word === 'failed' ? { errors: [statusError(failure)] } : {}),
    }));
    this.#track(this.#sendAll(phoneNumberId, elements));
  }

  /** Resolves when every status so far was answered 2xx. */
  async idle() {
    while (this.#waiting.size > 0) await Promise.all(this.#waiting);
  }

  stop() {
    this.#stopped = true;
    for (const [timer, wake] of this.#timers) {
      clearTimeout(timer);
      wake();
    }
    for (const agent of this.#agents) agent.destroy();
  }

  #track(promise) {
    this.#waiting.add(promise);
    promise.finally(() => this.#waiting.delete(promise));
  }

  async #sendAll(phoneNumberId, elements) {
    if (this.options.order === 'shuffled') {
      await Promise.all(elements.map((e) => this.#sendOne(phoneNumberId, e)));
      return;
    }
    for (const element of elements) await this.#sendOne(phoneNumberId, element);
  }

  async #sendOne(phoneNumberId, element) {
    const payload = envelope([[change({ phoneNumberId, statuses: [element] })]]);
    while (!this.#stopped) {
      const { webhook, appSecret } = this.options;
      const agent = this.#agents[webhook.startsWith('https:') ? 1 : 0];
      try {
        const answer = await deliver(webhook, payload, appSecret, { agent });
        if (answer.status >= 200 && answer.status < 300) {
          this.delivered.push(element);
          return;
        }
      } catch {
        // Refused or broken off: comes again, as any answer but 2xx does.
      }
      await this.#pause(this.options.retryMs);
    }
  }

  #pause(ms) {
    return new Promise((resolve) => {
      const wake = () => {
        this.#timers.delete(timer);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#timers.set(timer, wake);
    });
  }
}
