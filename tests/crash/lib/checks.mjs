// SPDX-License-Identifier: Apache-2.0
//
// Whether every promise was held. Each check adds what is wrong to one list, so that a run that
// fails says all that it found.
import { kRank } from './ranks.mjs';
import { isEffect } from './facts.mjs';

const kShown = 8; // of each kind of fault

export class Verdict {
  faults = [];
  expect(what, wrong) {
    if (wrong.length > 0)
      this.faults.push(`${what}: ${wrong.length}\n    ${wrong.slice(0, kShown).join('\n    ')}`);
  }
}

// How often each comes.
function counted(list) {
  const out = new Map();
  for (const x of list) out.set(x, (out.get(x) ?? 0) + 1);
  return out;
}

// 1: what a webhook's 200 promised is stored once and journaled once.
export function checkWebhooks(v, { promises, facts, messages }) {
  const rows = counted(messages.inbound.map((m) => m.provider_message_id));
  const promised = [...promises.stored];
  v.expect(
    'acknowledged and not stored once',
    promised.filter((id) => rows.get(id) !== 1),
  );
  const journaled = (id) => facts.received.get(id)?.length ?? 0;
  v.expect(
    'acknowledged and not journaled once',
    promised.filter((id) => journaled(id) !== 1).map((id) => `${id} ${journaled(id)}`),
  );
  v.expect('stored twice', twice(rows));
  v.expect(
    'journaled twice',
    [...facts.received].filter(([, events]) => events.length > 1).map(([id]) => id),
  );
  const other = messages.inbound.filter((m) => {
    const offered = promises.offered.get(m.provider_message_id);
    return offered && offered.element.text.body !== m.text;
  });
  v.expect('stored with another text', other.map(brief));
}

// 2: each effect of the durable subscriber happened once: its row, and its message.
export function checkEffects(v, { facts, rows, messages }) {
  const wanted = facts.wanted();
  const have = counted(rows.map((r) => r[2]));
  v.expect(
    'events without their one row',
    wanted.filter((e) => have.get(e.id) !== 1).map((e) => `seq ${e.seq} ${e.id}`),
  );
  const bySeq = new Map(wanted.map((e) => [e.seq, e.id]));
  v.expect('rows of no event', rows.filter((r) => bySeq.get(r[0]) !== r[2]).map(String));
  const said = counted(messages.outbound.map((m) => m.text).filter(isEffect));
  const saidOnce = (e) => said.get(`seen by effects ${e.id}`) === 1;
  v.expect(
    'events without their one message',
    wanted.filter((e) => !saidOnce(e)).map((e) => `seq ${e.seq} ${e.id}`),
  );
  const known = new Set(wanted.map((e) => `seen by effects ${e.id}`));
  v.expect('messages of no event', [...said.keys()].filter((text) => !known.has(text)));
}

// 3: what was accepted reached its provider: with a reference that comes back exactly once, else at
// most once more for each crash that it lived through.
export function checkSends(v, { promises, facts, graph, accounts, outbox, messages }) {
  const stored = new Set(messages.outbound.map((m) => m.id));
  const accepted = [...promises.sends.keys()];
  v.expect('accepted and not stored', accepted.filter((id) => !stored.has(id)));
  v.expect('accepted and not journaled', accepted.filter((id) => !facts.sent.has(id)));
  v.expect('accepted twice', twice(counted(messages.outbound.map((m) => m.text))));

  const taken = counted(graph.taken.map((r) => r.body.biz_opaque_callback_data));
  const [atMeta, atLoopback] = byProvider(accounts, messages);
  v.expect('not exactly once at Meta', atMeta.filter((m) => taken.get(m.id) !== 1).map(
    (m) => `${brief(m)} ${taken.get(m.id) ?? 0}`,
  ));
  const ids = new Set(atMeta.map((m) => m.id));
  v.expect('at Meta and not stored', [...taken.keys()].filter((id) => !ids.has(id)));
  v.expect(
    'entries that are not done',
    outbox.filter((e) => e.state !== 'done').map((e) => `${e.message_id} ${e.state}`),
  );
  v.expect('never at loopback', atLoopback.filter((m) => !m.provider_message_id).map(brief));
  const often = [...promises.sends.values()].filter((send) => {
    const most = 1 + promises.kills - send.kills;
    return send.kind === 'loopback' && (facts.echoes.get(send.text) ?? 0) > most;
  });
  v.expect('too often at loopback', often.map((s) => `${s.text} ${facts.echoes.get(s.text)}`));
}

// 4: statuses only moved forward, and ended as the provider had it.
export function checkStatuses(v, { facts, graph, accounts, messages }) {
  const back = (words) => words.some((w, i) => i > 0 && !(kRank[w] > kRank[words[i - 1]]));
  v.expect(
    'statuses that moved back',
    [...facts.statuses].filter(([, words]) => back(words)).map(([id, words]) => `${id} ${words}`),
  );
  const final = new Map(); // the furthest that the emulator told
  for (const { biz_opaque_callback_data: id, status } of graph.statusSender.delivered)
    if (!(kRank[final.get(id)] > kRank[status])) final.set(id, status);
  const [atMeta] = byProvider(accounts, messages);
  v.expect('not as Meta has it', atMeta.filter((m) => m.status !== final.get(m.id)).map(
    (m) => `${brief(m)}, there ${final.get(m.id)}`,
  ));
  const given = new Map(graph.taken.map((r) => [r.body.biz_opaque_callback_data, r.id]));
  const otherId = atMeta.filter((m) => m.provider_message_id !== given.get(m.id));
  v.expect('with another id than Meta gave', otherId.map(brief));
  const last = (m) => facts.statuses.get(m.id)?.at(-1) ?? 'pending';
  const otherwise = messages.outbound.filter((m) => last(m) !== m.status);
  v.expect('journaled otherwise than stored', otherwise.map((m) => `${brief(m)}, ${last(m)}`));
}

// 5: the journal's order is the order in which everybody sees it.
export function checkJournal(v, { journal, followers }) {
  const falls = (list) => list.filter((e, i) => i > 0 && e.seq <= list[i - 1].seq).map(place);
  v.expect('seq not rising', falls(journal));
  v.expect('event ids twice', twice(counted(journal.map((e) => e.id))));
  for (const [name, seen] of Object.entries(followers)) {
    v.expect(`${name}: a smaller seq after a greater`, falls(seen));
    const theirs = new Map(seen.map((e) => [e.seq, e.id]));
    const missed = journal.filter((e) => theirs.get(e.seq) !== e.id);
    v.expect(`${name}: missed, or saw another`, missed.map(place));
    const there = new Set(journal.map((e) => e.seq));
    const made = seen.filter((e) => !there.has(e.seq));
    v.expect(`${name}: saw what is not there`, made.map(place));
  }
}

// Outbound messages: [Meta's, loopback's].
function byProvider(accounts, { outbound }) {
  const meta = new Set(accounts.filter((a) => a.kind === 'meta').map((a) => a.id));
  return [
    outbound.filter((m) => meta.has(m.account_id)),
    outbound.filter((m) => !meta.has(m.account_id)),
  ];
}

const twice = (counts) => [...counts].filter(([, n]) => n > 1).map(([x, n]) => `${x} ${n} times`);
const brief = (m) => `${m.id} "${m.text}" ${m.status}`;
const place = (e) => `${e.seq} ${e.id}`;
