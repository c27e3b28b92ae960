// SPDX-License-Identifier: Apache-2.0
//
// The emulator itself: node --test graph.test.mjs
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startGraph } from './server.mjs';
import {
  change, deliver, envelope, escapedJson, message, sign, text, verify, wamid,
} from './webhook.mjs';

const secret = 'test-app-secret';
const common = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '6281200001' };
const hello = { ...common, type: 'text', text: { body: 'Halo' } };

/** A webhook receiver that keeps what it got; `answers` are the next statuses, then 200. */
async function receiver() {
  const got = [];
  const answers = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on('data', (c) => chunks.push(c));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const status = answers.shift() ?? 200;
      const signature = request.headers['x-hub-signature-256'];
      got.push({ url: request.url, body, status, signed: signature === sign(body, secret) });
      response.writeHead(status).end();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    answers,
    url: `http://127.0.0.1:${server.address().port}/webhooks/meta_cloud`,
    statuses: () => got.filter((g) => g.status === 200)
      .map((g) => JSON.parse(g.body).entry[0].changes[0].value.statuses[0]),
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}

async function post(url, body, headers = { authorization: 'Bearer t' }) {
  const response = await fetch(`${url}/v23.0/777000111/messages`, {
    method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const raw = await response.text();
  let json = null;
  try {
    json = JSON.parse(raw);
  } catch {
    // Some faults answer what is no JSON.
  }
  return { status: response.status, json, raw, headers: response.headers };
}

describe('signing', () => {
  it('fits the known digests', () => {
    const digest = (body) => sign(body, secret).slice('sha256='.length);
    assert.equal(digest('{"object":"whatsapp_business_account"}'),
      'b6978b21c4467654c466607663db9b43fae44b71083568df403e0a077089208e');
    assert.equal(digest(escapedJson({ text: '\u00e9\u{1f600}' })),
      '776e46052423fe41917caf9a6e5f60e15b99639086ee99febe891e1085051b60');
  });
  it('escapes what is not ASCII, and nothing else', () => {
    assert.equal(escapedJson({ a: 'h\u00e9"\n\u{1f600}' }), '{"a":"h\\u00e9\\"\\n\\ud83d\\ude00"}');
  });
  it('gives every message an id of its own', () => {
    assert.equal(new Set(Array.from({ length: 1000 }, () => wamid())).size, 1000);
  });
});

describe('webhook helpers', () => {
  it('deliver several entries and messages, signed', async () => {
    const hook = await receiver();
    const payload = envelope([
      [change({ phoneNumberId: '1', messages: [text('a'), text('b', { from: '628999' })] })],
      [change({ phoneNumberId: '2', messages: [message('location', { latitude: 1, longitude: 2 })] })],
    ]);
    const answer = await deliver(hook.url, payload, secret);
    assert.equal(answer.status, 200);
    assert.ok(hook.got[0].signed);
    const seen = JSON.parse(hook.got[0].body);
    assert.equal(seen.entry.length, 2);
    assert.equal(seen.entry[0].changes[0].value.contacts.length, 2);
    await verify(hook.url, 'tok', '42');
    assert.match(hook.got[1].url, /hub\.mode=subscribe&hub\.challenge=42&hub\.verify_token=tok/);
    await hook.stop();
  });
});

describe('sends', () => {
  let graph;
  before(async () => { graph = await startGraph(); });
  beforeEach(() => graph.control({ forget: true }));
  after(() => graph.stop());

  it('are taken with an id', async () => {
    const { status, json } = await post(graph.url, hello);
    assert.equal(status, 200);
    assert.match(json.messages[0].id, /^wamid\./);
    assert.deepEqual(json.contacts, [{ input: '6281200001', wa_id: '6281200001' }]);
    assert.equal(graph.taken.length, 1);
    assert.equal(graph.taken[0].body.text.body, 'Halo');
    const scoped = await post(graph.url, { ...hello, to: undefined, recipient: 'ID.abc1' });
    assert.deepEqual(scoped.json.contacts, [{ input: 'ID.abc1', user_id: 'ID.abc1' }]);
  });

  it('need a token', async () => {
    assert.equal((await post(graph.url, hello, {})).json.error.code, 104);
    graph.control({ token: 'right' });
    assert.equal((await post(graph.url, hello)).json.error.code, 190);
    assert.equal((await post(graph.url, hello, { authorization: 'Bearer right' })).status, 200);
    graph.control({ token: '' });
  });

  const row = (n) => ({ id: `r${n}`, title: `Row ${n}` });
  const list = (rows) => ({
    type: 'list', body: { text: 'x' }, action: { button: 'Menu', sections: [{ rows }] },
  });
  const template = { name: 'promo', language: { code: 'id' } };
  const cases = [
    [{ ...hello, text: { body: 'x'.repeat(4096) } }, 200],
    [{ ...hello, text: { body: '\u{1f600}'.repeat(4096) } }, 200],
    [{ ...hello, text: { body: 'x'.repeat(4097) } }, 131009],
    [{ ...hello, text: {} }, 131008],
    [{ ...hello, text: undefined }, 131008],
    [{ ...hello, messaging_product: undefined }, 100],
    [{ ...hello, to: undefined }, 131008],
    [{ ...hello, to: 'budi' }, 131009],
    [{ ...hello, to: undefined, recipient: 'nonsense' }, 131009],
    [{ ...hello, type: 'hologram' }, 131051],
    [{ ...hello, context: {} }, 131009],
    [{ ...hello, biz_opaque_callback_data: 'x'.repeat(513) }, 131009],
    ['{"a":', 100],
    ['[]', 100],
    [{ ...common, type: 'image', image: { link: 'https://a.b/c.jpg', caption: 'x' } }, 200],
    [{ ...common, type: 'image', image: { id: '1', link: 'https://a.b' } }, 131009],
    [{ ...common, type: 'image', image: {} }, 131009],
    [{ ...common, type: 'image', image: { id: '1', caption: 'x'.repeat(1025) } }, 131009],
    [{ ...common, type: 'audio', audio: { id: '1', caption: 'x' } }, 100],
    [{ ...common, type: 'location', location: { latitude: 1, longitude: 2 } }, 200],
    [{ ...common, type: 'location', location: { latitude: '1', longitude: 2 } }, 131008],
    [{ ...common, type: 'contacts', contacts: [{ name: { formatted_name: 'A' } }] }, 200],
    [{ ...common, type: 'contacts', contacts: [{}] }, 131008],
    [{ ...common, type: 'reaction', reaction: { message_id: 'w', emoji: '' } }, 200],
    [{ ...common, type: 'reaction', reaction: { emoji: 'x' } }, 131008],
    [{ ...common, type: 'interactive', interactive: list([row(1)]) }, 200],
    [{ ...common, type: 'interactive', interactive: list(Array.from({ length: 11 }, (_, i) => row(i))) }, 131009],
    [{ ...common, type: 'interactive', interactive: { type: 'button', body: { text: 'x' }, action: { buttons: [] } } }, 131009],
    [{ ...common, type: 'interactive', interactive: { type: 'button' } }, 131008],
    [{ ...common, type: 'template', template }, 200],
    [{ ...common, type: 'template', template: { name: 'promo' } }, 131008],
    [{ ...common, type: 'template', template: { ...template, components: [{ type: 'body', parameters: [{ type: 'text', text: 'a\nb' }] }] } }, 132012],
  ];
  for (const [body, expected] of cases) {
    it(`${JSON.stringify(body).slice(0, 90)} gives ${expected}`, async () => {
      const { status, json } = await post(graph.url, body);
      assert.equal(json.error?.code ?? status, expected);
      if (expected !== 200) assert.ok(json.error.error_data.details);
    });
  }

  it('know the templates that they are told', async () => {
    graph.control({ templates: { promo: { language: 'id', parameters: 1 } } });
    const send = async (t) => (await post(graph.url, { ...common, type: 'template', template: t })).json.error?.code;
    const components = [{ type: 'body', parameters: [{ type: 'text', text: 'Ann' }] }];
    assert.equal(await send({ ...template, components }), undefined);
    assert.equal(await send(template), 132000);
    assert.equal(await send({ ...template, language: { code: 'en' } }), 132001);
    graph.control({ templates: null });
  });

  it('fail as the number asks', async () => {
    const { status, json } = await post(graph.url, { ...hello, to: '000131047' });
    assert.equal(status, 400);
    assert.equal(json.error.code, 131047);
    assert.match(json.error.message, /^\(#131047\)/);
    assert.ok(json.error.fbtrace_id);
  });

  it('fail as they are told to, one each', async () => {
    const control = { next: [{ code: 130429, headers: { 'retry-after': '7' } }, { status: 503, body: 'busy' }, 'garbage', 131016] };
    await fetch(`${graph.url}/__control`, { method: 'POST', body: JSON.stringify(control) });
    const first = await post(graph.url, hello);
    assert.equal(first.status, 429);
    assert.equal(first.headers.get('retry-after'), '7');
    const second = await post(graph.url, hello);
    assert.deepEqual([second.status, second.raw], [503, 'busy']);
    const third = await post(graph.url, hello);
    assert.deepEqual([third.status, third.json], [200, null]);
    assert.equal((await post(graph.url, hello)).json.error.code, 131016);
    assert.equal((await post(graph.url, hello)).status, 200);
    const shown = await (await fetch(`${graph.url}/__requests`)).json();
    assert.equal(shown.requests.length, 5);
  });

  it('may be cut off, before or after they are taken', async () => {
    graph.next('reset', 'lost');
    await assert.rejects(post(graph.url, hello));
    assert.equal(graph.taken.length, 0);
    await assert.rejects(post(graph.url, hello));
    assert.equal(graph.taken.length, 1);
  });

  it('may hang', async () => {
    graph.next('hang');
    const controller = new AbortController();
    const hanging = fetch(`${graph.url}/v23.0/1/messages`, {
      method: 'POST', body: '{}', signal: controller.signal,
    });
    await graph.arrived(1);
    assert.equal((await post(graph.url, hello)).status, 200);
    controller.abort();
    await assert.rejects(hanging);
  });

  it('are limited, when that is switched on', async () => {
    graph.control({ perSecond: 2 });
    const codes = await Promise.all([1, 2, 3].map(async () => (await post(graph.url, hello)).json.error?.code));
    assert.deepEqual(codes.filter(Boolean), [130429]);
    graph.control({ perSecond: 0, pairLimit: true, pair: { capacity: 1, refillMs: 3_600_000 } });
    assert.equal((await post(graph.url, hello)).status, 200);
    assert.equal((await post(graph.url, hello)).json.error.code, 131056);
    assert.equal((await post(graph.url, { ...hello, to: '6281200002' })).status, 200);
    graph.control({ pairLimit: false });
  });

  it('refuse what they do not know', async () => {
    assert.equal((await fetch(`${graph.url}/v23.0/1/other`, { method: 'POST' })).status, 400);
    const bad = await fetch(`${graph.url}/__control`, { method: 'POST', body: '{"nonsense":1}' });
    assert.equal(bad.status, 400);
  });
});

describe('receipts and numbers', () => {
  let graph;
  before(async () => { graph = await startGraph(); });
  beforeEach(() => graph.control({ forget: true, known: null, numbers: null, token: '' }));
  after(() => graph.stop());

  const receipt = { messaging_product: 'whatsapp', status: 'read', message_id: 'wamid.in' };
  const typing = { ...receipt, typing_indicator: { type: 'text' } };
  const cases = [
    [receipt, 200],
    [typing, 200],
    [{ ...receipt, messaging_product: undefined }, 100],
    [{ ...receipt, status: 'delivered' }, 131009],
    [{ ...receipt, message_id: undefined }, 131008],
    [{ ...receipt, typing_indicator: {} }, 131009],
    [{ ...receipt, typing_indicator: null }, 131009],
  ];
  for (const [body, expected] of cases) {
    it(`${JSON.stringify(body)} gives ${expected}`, async () => {
      const { status, json } = await post(graph.url, body);
      assert.equal(json.error?.code ?? status, expected);
      if (expected === 200) assert.deepEqual(json, { success: true });
      assert.equal(graph.receipts.length, expected === 200 ? 1 : 0);
      assert.equal(graph.taken.length, 0);
    });
  }

  it('are of messages that there are', async () => {
    graph.control({ known: ['wamid.in'] });
    assert.equal((await post(graph.url, receipt)).status, 200);
    assert.equal((await post(graph.url, { ...receipt, message_id: 'w' })).json.error.code, 131009);
  });

  async function number(query = '', headers = { authorization: 'Bearer t' }, id = '777000111') {
    const response = await fetch(`${graph.url}/v23.0/${id}${query}`, { headers });
    return { status: response.status, json: await response.json() };
  }

  it('a number shows the fields that are asked for', async () => {
    const { status, json } = await number('?fields=quality_rating,throughput');
    assert.equal(status, 200);
    assert.deepEqual(json, { quality_rating: 'GREEN', throughput: { level: 'STANDARD' }, id: '777000111' });
    assert.ok((await number()).json.verified_name);
    graph.control({ numbers: { 777000111: { quality_rating: 'RED' } } });
    assert.equal((await number('?fields=quality_rating')).json.quality_rating, 'RED');
    assert.equal(graph.requests[0].method, 'GET');
  });

  it('a number needs a token, and fields that it has', async () => {
    assert.equal((await number('', {})).json.error.code, 104);
    graph.control({ token: 'right' });
    assert.equal((await number()).json.error.code, 190);
    graph.control({ token: '', numbers: {} });
    const { status, json } = await number();
    assert.deepEqual([status, json.error.code, json.error.error_subcode], [400, 100, 33]);
    graph.control({ numbers: null });
    assert.match((await number('?fields=colour')).json.error.message, /nonexisting field \(colour\)/);
  });

  it('fail as they are told to', async () => {
    graph.next(80008, 131000);
    assert.equal((await number()).json.error.code, 80008);
    assert.equal((await post(graph.url, receipt)).json.error.code, 131000);
    assert.equal((await fetch(`${graph.url}/v23.0/1/messages`)).status, 400);
    assert.equal((await fetch(`${graph.url}/v23.0/1`, { method: 'POST' })).status, 400);
  });
});

describe('statuses', () => {
  const reference = '0199aaaa-bbbb-7ccc-8ddd-0123456789ab';
  async function withGraph(options, f) {
    const hook = await receiver();
    const graph = await startGraph({ webhook: hook.url, appSecret: secret, retryMs: 5, ...options });
    try {
      await f(graph, hook);
    } finally {
      await graph.stop();
      await hook.stop();
    }
  }

  it('come signed, in order, with our reference', () => withGraph({}, async (graph, hook) => {
    const { json } = await post(graph.url, { ...hello, biz_opaque_callback_data: reference });
    await graph.idle();
    const seen = hook.statuses();
    assert.deepEqual(seen.map((s) => s.status), ['sent', 'delivered', 'read']);
    assert.ok(seen.every((s) => s.id === json.messages[0].id && s.biz_opaque_callback_data === reference));
    assert.ok(hook.got.every((g) => g.signed));
  }));

  it('come again until they are taken', () => withGraph({}, async (graph, hook) => {
    hook.answers.push(503, 500);
    await post(graph.url, hello);
    await graph.idle();
    assert.equal(hook.got.length, 5);
    assert.deepEqual(hook.statuses().map((s) => s.status), ['sent', 'delivered', 'read']);
  }));

  it('come repeated, or shuffled, or not at all', () => withGraph({ order: 'repeated' }, async (graph, hook) => {
    await post(graph.url, hello);
    await graph.idle();
    assert.equal(hook.statuses().length, 6);
    graph.control({ order: 'none' });
    await post(graph.url, hello);
    await graph.idle();
    assert.equal(hook.statuses().length, 6);
    graph.control({ order: 'shuffled' });
    await post(graph.url, hello);
    await graph.idle();
    assert.deepEqual(hook.statuses().slice(6).map((s) => s.status).sort(), ['delivered', 'read', 'sent']);
  }));

  it('tell of a failure, where the number asks', () => withGraph({}, async (graph, hook) => {
    assert.equal((await post(graph.url, { ...hello, to: '001131026' })).status, 200);
    await graph.idle();
    const [seen] = hook.statuses();
    assert.equal(seen.status, 'failed');
    assert.equal(seen.errors[0].code, 131026);
  }));

  it('of a reaction are no more than sent, or failed', () => withGraph({ known: ['wamid.in'] }, async (graph, hook) => {
    const react = (message_id) => post(graph.url, { ...common, type: 'reaction', reaction: { message_id, emoji: 'x' } });
    assert.equal((await react('wamid.in')).status, 200);
    await graph.idle();
    assert.deepEqual(hook.statuses().map((s) => s.status), ['sent']);
    assert.equal((await react('wamid.other')).status, 200);
    await graph.idle();
    const failed = hook.statuses()[1];
    assert.deepEqual([failed.status, failed.errors[0].code], ['failed', 131009]);
  }));

  it('come also for an answer that was lost', () => withGraph({}, async (graph, hook) => {
    graph.next('lost');
    await assert.rejects(post(graph.url, { ...hello, biz_opaque_callback_data: reference }));
    await graph.idle();
    assert.equal(hook.statuses()[0].biz_opaque_callback_data, reference);
  }));
});

describe('the program', () => {
  it('says where it listens', async () => {
    const path = fileURLToPath(new URL('./server.mjs', import.meta.url));
    const child = spawn(process.execPath, [path, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const [, port] = /^listening (\d+)$/.exec(line);
    assert.equal((await post(`http://127.0.0.1:${port}`, hello)).status, 200);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
});
