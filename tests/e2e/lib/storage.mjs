// SPDX-License-Identifier: Apache-2.0
//
// Where a gateway of a test keeps its data: a file, or a database of its own on the server that
// GARDU_STORAGE_BACKEND and GARDU_STORAGE_SERVER name (see tests/lib/with_database.sh).
import { execFileSync } from 'node:child_process';
import path from 'node:path';

let last = 0;

function create(backend, server, name) {
  const statement = `create database ${name}`;
  if (backend === 'postgresql') {
    execFileSync('psql', [`${server} dbname=postgres`, '-qc', statement]);
    return `${server} dbname=${name}`;
  }
  const at = Object.fromEntries(server.split(' ').map((pair) => pair.split('=')));
  const options = [`-h${at.host}`, `-P${at.port}`, `-u${at.user}`, `-p${at.password}`];
  execFileSync('mariadb', ['--no-defaults', ...options, '-e', statement]);
  return `${server} db=${name}`;
}

// The configuration's `storage`.
export function storage(dir) {
  const backend = process.env.GARDU_STORAGE_BACKEND ?? 'sqlite3';
  if (backend === 'sqlite3') return { backend, dsn: path.join(dir, 'gardu.db') };
  const name = `e2e_${process.pid}_${++last}`;
  return { backend, dsn: create(backend, process.env.GARDU_STORAGE_SERVER, name) };
}
