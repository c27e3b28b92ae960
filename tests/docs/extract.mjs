// SPDX-License-Identifier: Apache-2.0
//
// The code blocks of Markdown pages, for the tests that run them. A block to be compiled names its
// file in the fence (```cpp name=ping.cpp); one to be run has a mark above it: <!-- tested --> runs
// to its end, <!-- tested: server --> runs until the test is over.
//
//   node tests/docs/extract.mjs OUT      writes every named block of sdk/docs into the folder OUT
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const kPages = path.resolve(here, '../../sdk/docs');

// {page, line, language, name, mark, text} of each fenced block.
export function blocksOf(file) {
  const blocks = [];
  let open;
  let above = '';
  fs.readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      const fence = /^```(\w*)(?: name=(\S+))?\s*$/.exec(line);
      if (open && line.startsWith('```')) {
        blocks.push({ ...open, text: open.lines.map((l) => `${l}\n`).join('') });
        open = undefined;
      } else if (open) {
        open.lines.push(line);
      } else if (fence) {
        const mark = /^<!-- (tested.*) -->$/.exec(above)?.[1] ?? '';
        const [, language, name = ''] = fence;
        open = { page: path.basename(file), line: index + 2, language, name, mark, lines: [] };
      }
      above = line;
    });
  if (open) throw new Error(`${file}:${open.line}: the block has no end`);
  return blocks;
}

export function pages(dir = kPages) {
  return fs
    .readdirSync(dir)
    .filter((f) => f.endsWith('.md'))
    .sort()
    .map((f) => path.join(dir, f));
}

// Writes the named blocks; returns the files. An error of the compiler names page and line.
export function writeNamed(out, dir = kPages) {
  fs.mkdirSync(out, { recursive: true });
  const files = [];
  for (const block of pages(dir).flatMap(blocksOf)) {
    if (!block.name) continue;
    const file = path.join(out, block.name);
    if (files.includes(file)) throw new Error(`two blocks are named ${block.name}`);
    fs.writeFileSync(file, `#line ${block.line} "${block.page}"\n${block.text}`);
    files.push(file);
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [out] = process.argv.slice(2);
  if (!out) {
    console.error('usage: node tests/docs/extract.mjs OUT');
    process.exit(2);
  }
  for (const file of writeNamed(out)) console.log(file);
}
