import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The faults of the proxy. Each takes the response to the client and the client's request. */
export const faults = {
  /** Closes the connection; the service does not see the request. */
  lostRequest: () => (response) => response.socket.resetAndDestroy(),
  /** Drops the response: the service handles the request, and the client does not learn of it. */
  lostResponse: () => async (response, forward) => {
    await forward();
    response.socket.resetAndDestroy();
  },
  /** The service handles the request, and half of the response arrives. */
  brokenResponse: () => async (response, forward) => {
    const { status, headers, body } = await forward();
    response.writeHead(status, headers);
    response.write(body.slice(0, body.length / 2), () => response.socket.resetAndDestroy());
  },
  /** The service handles the request, and no response arrives. */
  silence: () => async (response, forward) => {
    await forward();
  },
  /** The proxy responds itself with this status, headers and body. */
  respond: (status, headers = {}, body = '') => (response) => response.writeHead(status, headers).end(body),
};

/** A proxy in front of the service. The next requests meet these faults, in order; later requests pass. */
export async function startProxy(target, ...planned) {
  const requests = [];
  const server = createServer(async (incoming, response) => {
    const { method, url, headers } = incoming;
    const body = await text(incoming);
    requests.push({ method, url, headers, body, at: performance.now() });
    const forward = () => send(target, { method, url, headers }, body);
    const fault = planned.shift();
    if (fault) return fault(response, forward);
    const { status, headers: responseHeaders, body: content } = await forward();
    response.writeHead(status, responseHeaders).end(content);
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
