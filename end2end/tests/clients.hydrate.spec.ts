// Stock clients: the programs of the contracts' systems, pointed at Linnet without a change. What any door writes, each socket hears once.
import type { Page } from '@playwright/test';
import { once } from 'node:events';
import { type Socket, io } from 'socket.io-client';
import { expect, test } from '../fixtures.ts';

type Heard = Record<string, string[]>;

/** A Socket.IO client, and the names of the leads that it hears of. */
async function socketIo(url: string, key: string, transport: 'websocket' | 'polling'): Promise<{ socket: Socket; heard: string[] }> {
  const socket = io(url, { path: '/api/socket', transports: [transport], auth: { key } });
  const heard: string[] = [];
  socket.on('leads_updated', (lead: { name: string }) => heard.push(lead.name));
  await once(socket as never, 'connect');
  return { socket, heard };
}

/** Opens the sockets that browsers have, in a signed-in page. Each name of a lead that they hear of is kept in the page. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const heard: Record<string, string[]> = { live: [], ws: [], wsNamed: [], events: [] };
    Object.assign(window, { heard });
    const opened = (target: EventTarget) => new Promise((done) => target.addEventListener('open', done, { once: true }));
    const socket = (path: string, hear: (data: never) => void) => {
      const one = new WebSocket(`ws://${location.host}${path}`);
      one.addEventListener('message', ({ data }) => hear(JSON.parse(data) as never));
      return one;
    };
    type Named = { lead: { name: string } };
    const ws = socket('/api/v1/ws', ({ lead }: Named) => heard['ws']!.push(lead.name));
    const named = socket('/api/v1/ws/stock-client', ({ lead }: Named) => heard['wsNamed']!.push(lead.name));
    const events = new EventSource('/api/events');
    events.addEventListener('message', ({ data }) => heard['events']!.push((JSON.parse(data as string) as { record: { name: string } }).record.name));
    const live = new WebSocket(`ws://${location.host}/live`);
    const subscribed = new Promise<void>((done) => {
      live.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data as string) as { type: string; head?: number; items?: { record?: { name: string } }[] };
        if (message.type === 'welcome') live.send(JSON.stringify({ type: 'subscribe', id: 1, query: { of: 'leads', rule: { all: [] } }, since: message.head }));
        if (message.type === 'subscribed') done();
        for (const { record } of message.items ?? []) if (record) heard['live']!.push(record.name);
        if (message.type === 'ping') live.send(JSON.stringify({ type: 'pong' }));
      });
    });
    await Promise.all([ws, named, events, live].map(opened));
    live.send(JSON.stringify({ type: 'hello', proto: 4, epoch: null, since: null }));
    await subscribed;
  });
}

test('what each door writes, each socket hears once', async ({ own }) => {
  const { server, page, api, key } = own;
  const listener = await page.context().newPage();
  await listener.goto('/leads');
  await listen(listener);
  const [websocket, polling] = [await socketIo(server.url, key, 'websocket'), await socketIo(server.url, key, 'polling')];

  await page.goto('/leads/new');
  await page.getByLabel('Name').first().fill('By the page');
  await page.getByLabel('E-mail').fill('page@doors.example');
  await page.getByRole('button', { name: 'Add lead' }).click();
  await expect(page).not.toHaveURL(/\/new/);
  const post = async (path: string, data: object) => {
    const answer = await api.post(path, { data });
    expect(answer.ok(), await answer.text()).toBe(true);
  };
  await post('/api/leads', { name: 'By the native API', email: 'native@doors.example', title: 'Head of IT' });
  await post('/api/leads', { name: 'By Kandid', email: 'kandid@doors.example', position: 'CEO', connectionStatus: 'connected', sequenceStep: 0 });
  await post('/api/v1/leads/?user_id=k3j9x', { name: 'By Leads Artisan', email: 'artisan@doors.example', company: 'Tern' });
  // Whatever was heard twice is heard before this.
  await post('/api/leads', { name: 'The last', email: 'last@doors.example' });

  const expected = ['By the page', 'By the native API', 'By Kandid', 'By Leads Artisan', 'The last'];
  const heard = async () => ({ ...(await listener.evaluate(() => (window as unknown as { heard: Heard }).heard)), websocket: websocket.heard, polling: polling.heard });
  const all = ['live', 'ws', 'wsNamed', 'events', 'websocket', 'polling'];
  await expect.poll(async () => Object.values(await heard()).every((names) => names.includes('The last'))).toBe(true);
  expect(await heard()).toEqual(Object.fromEntries(all.map((carrier) => [carrier, expected])));
  for (const { socket } of [websocket, polling]) socket.disconnect();
});

test('Socket.IO clients connect again after a restart, and hear what comes then', async ({ own, noise }) => {
  noise.push(/./);
  const { server, api, key } = own;
  const clients = [await socketIo(server.url, key, 'websocket'), await socketIo(server.url, key, 'polling')];
  const again = clients.map(({ socket }) => once(socket as never, 'connect'));
  await server.restart();
  await Promise.all(again);
  expect((await api.post('/api/leads', { data: { name: 'After', email: 'after@doors.example' } })).ok()).toBe(true);
  for (const { socket, heard } of clients) {
    await expect.poll(() => heard).toEqual(['After']);
    socket.disconnect();
  }
});
