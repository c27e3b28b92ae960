// SPDX-License-Identifier: Apache-2.0
//
// A Redis of a test's own on loopback, that can be killed and brought back on the same port.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kPatience, within } from './queue.mjs';

const kPassword = 'e2e-redis-secret';
const kChildren = new Set();
process.on('exit', () => kChildren.forEach((child) => child.kill('SIGKILL')));

// Below the ports that systems give away by themselves.
async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    const free = await new Promise((resolve) => {
      const server = net.createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

// One command, and the first of the answer.
function ask(port, command) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (part) => {
      socket.destroy();
      resolve(part.toString());
    });
    socket.write(command);
  });
}

class Redis {
  constructor(dir, port) {
    this.dir = dir;
    this.port = port;
    this.password = kPassword;
    this.url = `redis://:${kPassword}@127.0.0.1:${port}/2`;
  }

  async launch() {
    const args = ['--port', this.port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    args.push('--dir', this.dir, '--daemonize', 'no', '--requirepass', kPassword);
    this.child = spawn('redis-server', args.map(String), { stdio: 'ignore' });
    kChildren.add(this.child);
    this.exited = new Promise((resolve) => this.child.on('close', resolve));
    await within(this.answers(), 'an answer of Redis');
    return this;
  }
  async answers() {
    for (;;) {
      const said = await ask(this.port, 'PING\r\n').catch(() => '');
      if (said.startsWith('-NOAUTH') || said.startsWith('+PONG')) return;
      await pause(20);
    }
  }
  async kill() {
    this.child.kill('SIGKILL');
    await within(this.exited, 'the end of Redis', kPatience);
  }
  // Its processes' connections stay open, and nothing answers.
  hang() {
    this.child.kill('SIGSTOP');
  }
  goOn() {
    this.child.kill('SIGCONT');
  }
  async publish(channel, text) {
    const part = (s) => `$${Buffer.byteLength(s)}\r\n${s}\r\n`;
    const command = `AUTH ${kPassword}\r\n*3\r\n${part('PUBLISH')}${part(channel)}${part(text)}`;
    await ask(this.port, command);
  }
}

export async function startRedis(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gardu-redis-'));
  const redis = new Redis(dir, await freePort());
  t.after(async () => {
    redis.child?.kill('SIGKILL');
    await redis.exited;
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return redis.launch();
}
