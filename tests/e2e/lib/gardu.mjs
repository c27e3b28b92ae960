// SPDX-License-Identifier: Apache-2.0
//
// Starts the real gateway for a test: free ports, its own data directory and configuration file.
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue, within } from './queue.mjs';
import { Rest, request } from './rest.mjs';
import { storage } from './storage.mjs';

export const kSource = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
export const kBuild = process.env.GARDU_BUILD_DIR ?? path.join(kSource, '.build/ci');
export const kBinary = process.env.GARDU_BIN ?? path.join(kBuild, 'bin/gardu');
export const kPlugins = process.env.GARDU_PLUGIN_DIR ?? path.join(kBuild, 'lib/gardu/plugins');
export const kTestPlugins = process.env.GARDU_TEST_PLUGIN_DIR ?? path.join(kBuild, 'tests/plugins');

export const kApp = { id: 'gardu', key: 'gardu-key', secret: 'e2e-pusher-secret' };
const kListening = /http: listening on 127\.0\.0\.1:(\d+)/;
const kPusherListening = /pusher.*listening on 127\.0\.0\.1:(\d+)/;

export function temporaryDirectory(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-e2e-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

// Objects are merged key by key; a null takes a key out.
export function merge(base, more) {
  const out = { ...base };
  for (const [key, value] of Object.entries(more ?? {})) {
    if (value === null) delete out[key];
    else if (typeof value === 'object' && !Array.isArray(value))
      out[key] = merge(base[key] ?? {}, value);
    else out[key] = value;
  }
  return out;
}

export function configuration(dir, overrides = {}) {
  const base = {
    data_dir: dir,
    http: { listen: '127.0.0.1:0' },
    storage: storage(dir),
    log: { level: 'info' },
    plugins: {
      paths: [kPlugins, kTestPlugins],
      load: { loopback: {}, pusher: { listen: '127.0.0.1:0', apps: [kApp] } },
    },
  };
  return isolated(merge(base, overrides));
}

// With GARDU_TEST_ISOLATION every plugin that does not say itself where it runs is run there.
function isolated(config) {
  const isolation = process.env.GARDU_TEST_ISOLATION;
  for (const settings of isolation ? Object.values(config.plugins.load) : [])
    settings.isolation ??= isolation;
  return config;
}

// A command of gardu, run to its end.
export function run(args, { env = {}, input, cwd, binary = kBinary } = {}) {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, cwd, timeout: 60000, maxBuffer: 64 << 20 };
    const child = execFile(binary, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
    child.stdin.on('error', () => {}); // it may have ended before it read
    child.stdin.end(input ?? '');
  });
}

// Whatever becomes of the test, none of them stays.
const kChildren = new Set();
process.on('exit', () => kChildren.forEach((child) => child.kill('SIGKILL')));

export class Gardu {
  constructor(dir, config, env, binary) {
    this.dir = dir;
    this.config = config;
    this.env = env;
    this.binary = binary;
    this.app = config.plugins.load.pusher?.apps?.[0] ?? kApp;
    this.configFile = path.join(dir, 'gardu.json');
    this.cleanups = [];
    fs.writeFileSync(this.configFile, JSON.stringify(config, null, 2));
  }

  // Runs until both listeners are bound and readiness is green.
  async launch() {
    this.lines = new Queue('log');
    const ports = this.port ? ['--set', `http.listen=127.0.0.1:${this.port}`] : [];
    if (this.pusherPort)
      ports.push('--set', `plugins.load.pusher.listen=127.0.0.1:${this.pusherPort}`);
    this.child = spawn(this.binary, ['serve', '--config', this.configFile, ...ports], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    kChildren.add(this.child);
    this.exited = new Promise((resolve) =>
      this.child.on('close', (code, signal) => resolve(code ?? signal)),
    );
    for (const stream of [this.child.stdout, this.child.stderr])
      readline.createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    const died = this.exited.then((code) => {
      throw new Error(`gardu ended with ${code}:\n${this.log()}`);
    });
    died.catch(() => {});
    const up = async () => {
      this.port = await this.bound(kListening);
      if (this.config.plugins.load.pusher) this.pusherPort = await this.bound(kPusherListening);
      this.url = `http://127.0.0.1:${this.port}`;
      while ((await request(`${this.url}/readyz`)).status !== 200) await pause(20);
    };
    await Promise.race([within(up(), () => `readiness; the log:\n${this.log()}`), died]);
    this.token = fs.readFileSync(path.join(this.dir, 'owner.token'), 'utf8').trim();
    this.rest = new Rest(this.url, this.token);
    return this;
  }

  async bound(pattern) {
    const line = await this.lines.next((l) => pattern.test(l), String(pattern));
    return Number(pattern.exec(line)[1]);
  }

  running() {
    return (
      this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
    );
  }

  log() {
    return this.lines.all.join('\n');
  }

  onStop(cleanup) {
    this.cleanups.push(cleanup);
  }

  // Resolves with the exit code.
  async stop(signal = 'SIGTERM') {
    this.rest?.close();
    this.child.kill(signal);
    return within(this.exited, () => `the end after ${signal}; its log:\n${this.log()}`, 30000);
  }
  kill9() {
    return this.stop('SIGKILL');
  }
  // Again on the same ports and data.
  restart() {
    return this.launch();
  }
  // The configuration for the next start.
  configure(overrides) {
    this.config = isolated(merge(this.config, overrides));
    fs.writeFileSync(this.configFile, JSON.stringify(this.config, null, 2));
  }
  cli(...args) {
    const options = typeof args[args.length - 1] === 'object' ? args.pop() : {};
    return run([...args, '--config', this.configFile], {
      ...options,
      binary: this.binary,
      env: { ...this.env, ...options.env },
    });
  }
  // The workspace that the first start made.
  async workspaceId() {
    return (await this.rest.get('/me')).workspace_id;
  }
  // Made and connected.
  async account(transport, fields = {}) {
    const name = `${transport} of a test`;
    const body = { transport, name, address: '+6281200000000', ...fields };
    const account = await this.rest.post('/accounts', body);
    const ready = (e) => e.type === 'account.status' && e.data.status === 'ready';
    const journal = this.rest.follow();
    await journal.next((e) => ready(e) && e.account_id === account.id, 'account.status ready');
    return account;
  }
}

// `token`: of an owner, where the database is another gateway's, too.
export async function start(t, { config, env = {}, binary = kBinary, token } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-e2e-'));
  if (token) fs.writeFileSync(path.join(dir, 'owner.token'), token);
  const gardu = new Gardu(dir, configuration(dir, config), env, binary);
  t.after(async () => {
    for (const cleanup of gardu.cleanups) await cleanup();
    if (gardu.running()) await gardu.kill9();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return gardu.launch();
}
