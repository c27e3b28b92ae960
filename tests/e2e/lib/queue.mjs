// SPDX-License-Identifier: Apache-2.0
//
// What arrives over time, and a way to await the next of it: no test sleeps.
import { setTimeout as pause } from 'node:timers/promises';

export const kPatience = Number(process.env.GARDU_TEST_PATIENCE_MS ?? 20000);

// Rejects with `what` when `promise` is not settled in time: a failure, never a measurement.
export function within(promise, what, ms = kPatience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${text(what)}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Until `holds` answers [true, …]: what is awaited has no event of its own.
export async function eventually(what, holds) {
  const end = Date.now() + kPatience * 3;
  for (;;) {
    const [fine, seen] = await holds();
    if (fine) return;
    if (Date.now() > end) throw new Error(`${what}: ${seen}`);
    await pause(100);
  }
}

const text = (what) => (typeof what === 'function' ? what() : what);

export class Queue {
  constructor(name) {
    this.name = name;
    this.all = []; // in order of arrival
    this.taken = new Set();
    this.waiting = [];
  }

  push(item) {
    this.all.push(item);
    const index = this.all.length - 1;
    const at = this.waiting.findIndex((w) => w.wants(item));
    if (at < 0) return;
    this.taken.add(index);
    this.waiting.splice(at, 1)[0].resolve(item);
  }

  // The first item, of those that came and were not taken yet or that will come, that `wants` likes.
  next(wants = () => true, what = 'an item', ms = kPatience) {
    const index = this.all.findIndex((item, i) => !this.taken.has(i) && wants(item));
    if (index >= 0) {
      this.taken.add(index);
      return Promise.resolve(this.all[index]);
    }
    const wait = { wants };
    const arrived = new Promise((resolve) => (wait.resolve = resolve));
    this.waiting.push(wait);
    return within(arrived, () => `${this.name}: ${what}; there was ${brief(this.all)}`, ms);
  }
}

const brief = (items) => {
  const json = JSON.stringify(items.slice(-12));
  return json.length > 2000 ? `${json.slice(0, 2000)}…` : json;
};
