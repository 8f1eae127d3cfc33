// A way to RabbitMQ that can be cut: then connections by it break, and so does each new one.
import { once } from 'node:events';
import { type Server, type Socket, connect, createServer } from 'node:net';

const rabbitmq = process.env.LINNET_TEST_RABBITMQ ?? '';

export class Way {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Way> {
    if (!rabbitmq) throw new Error('LINNET_TEST_RABBITMQ names no RabbitMQ: run these tests by `cargo xtask test --only browser`');
    const { hostname, port } = new URL(rabbitmq);
    const server = createServer((from) => way.pass(from, connect(Number(port), hostname)));
    const way = new Way(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return way;
  }

  /** The URL of RabbitMQ by this way. */
  get url(): string {
    const url = new URL(rabbitmq);
    url.port = `${(this.server.address() as { port: number }).port}`;
    return url.href;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  remove(): void {
    this.cut();
    this.server.close();
  }

  private pass(from: Socket, to: Socket): void {
    for (const [one, other] of [[from, to], [to, from]] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    if (this.isCut) from.destroy();
  }
}
