import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What may happen to a request on its way; each takes the answer to give and the request it is for. */
export const faults = {
  /** The request never arrives. */
  lostRequest: () => (answer) => answer.socket.resetAndDestroy(),
  /** Drops the response: the service handles the request, and the client does not learn of it. */
  lostAnswer: () => async (answer, forward) => {
    await forward();
    answer.socket.resetAndDestroy();
  },
  /** The service does its work, and half of its answer arrives. */
  brokenAnswer: () => async (answer, forward) => {
    const { status, headers, body } = await forward();
    answer.writeHead(status, headers);
    answer.write(body.slice(0, body.length / 2), () => answer.socket.resetAndDestroy());
  },
  /** The service does its work, and its answer never comes. */
  silence: () => async (answer, forward) => {
    await forward();
  },
  /** Something in front of the service, or the service itself, answers so. */
  answer: (status, headers = {}, body = '') => (answer) => answer.writeHead(status, headers).end(body),
};

/** A way to the service on which the next requests meet these faults, in this order; the rest arrive. */
export async function startProxy(target, ...planned) {
  const requests = [];
  const server = createServer(async (incoming, answer) => {
    const { method, url, headers } = incoming;
    const body = await text(incoming);
    requests.push({ method, url, headers, body, at: performance.now() });
    const forward = () => send(target, { method, url, headers }, body);
    const fault = planned.shift();
    if (fault) return fault(answer, forward);
    const { status, headers: answered, body: content } = await forward();
    answer.writeHead(status, answered).end(content);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

function send(target, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(url, target), { method, headers, agent: false }, async (response) => {
      resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
    });
    outgoing.on('error', reject).end(body);
  });
}
