// Peer for Socket.IO: each JSON body sent to `/publish` goes to every client as `leads_updated`. `server.mjs PORT`.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer((request, response) => {
  if (request.url !== '/publish') return void response.end();
  const parts = [];
  request.on('data', (part) => parts.push(part)).on('end', () => {
    io.emit('leads_updated', JSON.parse(Buffer.concat(parts).toString()));
    response.end();
  });
});
const io = new Server(server, { path: '/api/socket', transports: ['websocket'], perMessageDeflate: false, serveClient: false });
server.listen(Number(process.argv[2]), '127.0.0.1');
