#!/usr/bin/env node
// Starts Tributary on any Node from 18 on: gets Node 24 when the installed one is older, installs the dependencies under
// Node 24 (an older one makes npm leave out native parts without a word), and runs the command there.
// Plain old JavaScript: it must parse before anything is installed.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const NODE_VERSION = '24.21.0';
const NPM_VERSION = '11.21.2';
const NODE_MAJOR = 24;
const TOOLS = path.join(ROOT, '.node');
const MODULES = path.join(ROOT, 'node_modules');
const STAMP = path.join(MODULES, '.tributary-installed');

function fail(message, next) {
  process.stderr.write(`tributary: ${message}\n${next ? `  → ${next}\n` : ''}`);
  process.exit(1);
}

function say(message) {
  process.stderr.write(`tributary: ${message}\n`);
}

function majorOf(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

/** The npm that belongs to a Node: the one that started us, the one beside the executable, or the one on the PATH. */
function findNpm() {
  const candidates = [
    process.env.npm_execpath,
    path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    path.join(path.dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  for (const c of candidates)
    if (c && /npm-cli\.js$/.test(c) && fs.existsSync(c)) return { command: process.execPath, args: [c] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

function run(command, args, options) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 'inherit'],
    shell: /\.cmd$/.test(command),
    ...options,
  });
  return result.status === 0;
}

/** Environment in which `node` and `npm` are the given ones, so that install scripts run under them too. */
function environment(node) {
  const env = { ...process.env, PATH: path.dirname(node) + path.delimiter + (process.env.PATH || '') };
  // Settings of the npm that started us must not reach the npm that we start.
  for (const key of Object.keys(env))
    if (/^npm_(?!config_(registry|cache|proxy|https_proxy|noproxy|cafile|userconfig|globalconfig|nodedir))/i.test(key))
      delete env[key];
  return env;
}

/** Waits for another process that installs into the same folder; returns the release function. */
function lockInstall() {
  const lock = path.join(
    os.tmpdir(),
    `tributary-install-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`,
  );
  for (let waited = 0; ; waited++) {
    try {
      fs.mkdirSync(lock);
      fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
      return () => fs.rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    let alive = true;
    try {
      const pid = Number(fs.readFileSync(path.join(lock, 'pid'), 'utf8'));
      if (pid > 0) process.kill(pid, 0);
    } catch (error) {
      // ENOENT: the owner is between mkdir and write; give it a moment before taking over.
      alive = error.code === 'EPERM' || (error.code === 'ENOENT' && waited < 20);
    }
    if (!alive) fs.rmSync(lock, { recursive: true, force: true });
    else if (waited === 10) say('waiting for another installation in this folder');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}

/** Path of a Node 24 with its npm, installed into `.node/` when needed. */
function node24() {
  if (majorOf(process.version) >= NODE_MAJOR) return { node: process.execPath, npm: findNpm() };
  const node = path.join(TOOLS, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const npm = path.join(TOOLS, 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const works = () => {
    if (!fs.existsSync(node) || !fs.existsSync(npm)) return false;
    const probe = spawnSync(node, ['--version'], { encoding: 'utf8' });
    return probe.status === 0 && majorOf(probe.stdout.trim()) >= NODE_MAJOR;
  };
  if (!works()) {
    const release = lockInstall();
    try {
      if (!works()) {
        say(`Node ${process.version} is installed; getting Node ${NODE_VERSION} (once, into .node/)`);
        fs.mkdirSync(TOOLS, { recursive: true });
        fs.writeFileSync(path.join(TOOLS, 'package.json'), '{"private":true}\n');
        const own = findNpm();
        const args = [
          ...own.args,
          'install',
          '--prefix',
          TOOLS,
          '--no-audit',
          '--no-fund',
          '--loglevel=error',
          '--ignore-scripts=false',
          '--no-package-lock',
          `node@${NODE_VERSION}`,
          `npm@${NPM_VERSION}`,
        ];
        const env = environment(process.execPath);
        if (!run(own.command, args, { env }) || !works()) {
          fail(
            `could not install Node ${NODE_VERSION}`,
            `check the network and the npm registry, or install Node ${NODE_MAJOR} yourself`,
          );
        }
      }
    } finally {
      release();
    }
  }
  return { node, npm: { command: node, args: [npm] } };
}

/** Installs the locked dependencies unless this very lockfile is installed already for this Node. */
function install({ node, npm }) {
  const lockfile = fs.readFileSync(path.join(ROOT, 'package-lock.json'));
  const want = createHash('sha256')
    .update(lockfile)
    .update(`${process.platform}-${process.arch}-${NODE_MAJOR}`)
    .digest('hex');
  const have = () => {
    try {
      return fs.readFileSync(STAMP, 'utf8') === want;
    } catch {
      return false;
    }
  };
  if (have()) return;
  const release = lockInstall();
  try {
    if (have()) return;
    say('installing dependencies (once)');
    const args = [...npm.args, 'ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts=false'];
    if (!run(npm.command, args, { env: environment(node) })) {
      fail('could not install the dependencies', 'see the lines above; then try again, or run "npm ci" under Node 24');
    }
    fs.writeFileSync(STAMP, want);
  } finally {
    release();
  }
}

function main() {
  if (majorOf(process.version) < 18) fail(`Node ${process.version} is too old`, 'install Node 18 or newer');
  const argv = process.argv.slice(2);
  const runtime = node24();
  install(runtime);
  // `--exec FILE`: run another script of this repository in the same surroundings (npm test).
  const [file, args] =
    argv[0] === '--exec'
      ? [path.resolve(ROOT, argv[1] || ''), argv.slice(2)]
      : [path.join(ROOT, 'packages', 'cli', 'src', 'main.ts'), argv];
  const env = environment(runtime.node);
  const child = spawn(runtime.node, [file, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  // A terminal sends SIGINT to the whole group; other senders reach only us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (!process.stdin.isTTY || signal !== 'SIGINT') child.kill(signal);
    });
  }
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + (os.constants.signals[signal] || 0) : code));
}

main();
