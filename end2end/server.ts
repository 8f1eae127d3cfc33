// A Linnet server of its own: fresh database, free port, an administrator. It can be killed and restarted.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

export const ADMIN = { email: 'admin@example.com', name: 'Ada Admin', password: 'correct horse battery staple' };

const bin = process.env.LINNET_BIN ?? '';
const postgres = process.env.LINNET_TEST_POSTGRES ?? '';
const root = resolve(import.meta.dirname, '..');
/** A command that takes longer fails its test: no time limit of a test ends a call that blocks. In milliseconds. */
const timeout = 120_000;

export class Server {
  readonly dir = mkdtempSync(join(tmpdir(), 'linnet-end2end-'));
  readonly database: string;
  /** More options of `linnet serve`, from the next start on. */
  options: string[] = [];
  private child?: ChildProcess;
  private log = '';

  private constructor(private readonly port: number, onPostgres: boolean) {
    const name = basename(this.dir).replaceAll(/\W/g, '_').toLowerCase();
    this.database = onPostgres ? `${postgres}/${name}` : `sqlite://${join(this.dir, 'linnet.db')}`;
    if (onPostgres) sql(`CREATE DATABASE ${name}`);
  }

  /** Starts a server with an administrator, unless the test creates the first one. */
  static async start({ admin = true, onPostgres = false } = {}): Promise<Server> {
    if (!bin) throw new Error('LINNET_BIN names no server: run these tests by `cargo xtask test --only browser`');
    const server = new Server(await freePort(), onPostgres);
    server.cli(['migrate']);
    if (admin) server.addUser(ADMIN.email, ADMIN.name, 'admin', ADMIN.password);
    await server.up();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Token of the set-up link that the log shows at the first start. */
  get setupToken(): string {
    return /setup\?token=([\w-]+)/.exec(this.log)?.[1] ?? '';
  }

  /** Runs a command on this server's database; returns its output. */
  cli(args: string[], input = ''): string {
    return execFileSync(bin, [...args, '--database', this.database, '--data', this.dir], { cwd: root, input, encoding: 'utf8', timeout, killSignal: 'SIGKILL' });
  }

  addUser(email: string, name: string, role: string, password: string): void {
    this.cli(['user', 'add', email, '--name', name, '--role', role, '--password-stdin'], password);
  }

  /** Creates an API key, which the command prints on its last line. */
  addKey(name: string, role: string): string {
    return this.cli(['key', 'add', name, '--role', role]).trim().split('\n').at(-1) ?? '';
  }

  async up(): Promise<void> {
    const args = ['serve', '--addr', `127.0.0.1:${this.port}`, '--database', this.database, '--data', this.dir, ...this.options];
    const child = spawn(bin, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.log += text));
    const deadline = Date.now() + 90_000;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not become ready:\n${this.log}`);
      await new Promise((again) => setTimeout(again, 25));
    }
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
  }

  /** Ends it at once, as a power failure would. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Kills it and starts it again, on the same port and database. */
  async restart(): Promise<void> {
    await this.kill();
    await this.up();
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function sql(statement: string): void {
  if (!postgres) throw new Error('LINNET_TEST_POSTGRES names no Postgres: run these tests by `cargo xtask test --only browser`');
  execFileSync('psql', [`${postgres}/postgres`, '--quiet', '--command', statement], { timeout, killSignal: 'SIGKILL' });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
